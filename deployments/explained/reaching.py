"""What is said where a server, or the folder on it, is not as a release needs it."""

from django.utils.translation import gettext_lazy as _

from .entry import Entry, Group

GROUPS = (
    Group(
        _("Reaching the server"),
        _("The server could not be signed in to, so nothing was done there."),
        _("Whoever runs the server."),
        (
            Entry(_("… cannot be resolved; correct the address."),
                  _("The name is wrong, or DNS is down.")),
            Entry(_("refuses connections; start its SSH service or correct the port."),
                  _("Do what the sentence says: it names what, and where.")),
            Entry(_("… is it running, and may we?"),
                  _("No answer within ten seconds: the server is down, or a firewall drops our "
                    "packets.")),
            Entry(_("did not speak SSH within …"),
                  _("Something else listens on the port, or the server is overloaded.")),
            Entry(_("offers only outdated encryption"),
                  _("Update its OpenSSH.")),
            Entry(_("closed the connection at once (too many logins at the same time?)"),
                  _("Raise “MaxStartups” in its sshd_config.")),
            Entry(_("The host key of … is not confirmed yet"),
                  _("“Servers” → the server → “Fetch identity”, compare, “Confirm identity”.")),
            Entry(_("… shows the host key … instead of the confirmed …; nobody logged in. Find out "
                    "why first."),
                  _("Reinstalled? Then fetch, compare and confirm again. Otherwise somebody stands "
                    "between; call security.")),
            Entry(_("refuses the key for …"),
                  _("Add the public half to “authorized_keys” of that account.")),
            Entry(_("wants more than a key from …"),
                  _("Its sshd asks for a second factor; allow the key alone for this account.")),
            Entry(_("The SSH key for … cannot be used"),
                  _("Enter it again, with its passphrase.")),
            Entry(_("let us in but runs no commands for this account"),
                  _("Give it a shell; remove “command=” in front of the key.")),
            Entry(_("opens no more sessions on this connection"),
                  _("Raise “MaxSessions”.")),
            Entry(_("The connection to … was lost while a command ran: it may have finished "
                    "or not"),
                  _("Unknown, not failed: before the switch it ends as failed, after it everything "
                    "goes back.")),
            Entry(_("was given up: it may still be running there"),
                  _("Our time limit for a command was over: see on the server whether it still "
                    "runs.")),
        ),
    ),
    Group(
        _("The server's folder"),
        _("The folder of the site on the server is not as a release needs it, or the server would "
          "not let us write there."),
        _("Whoever runs the server."),
        (
            Entry(_("is a real folder, not a link; nothing was changed. To convert it"),
                  _("Run the commands in the sentence: a plain folder.")),
            Entry(_("is a file, not a link; nothing was changed."),
                  _("Run the commands in the sentence: a plain folder.")),
            Entry(_("Missing on this server, and the site needs it: …"),
                  _("Put the shared file there, or make it a “created file”.")),
            Entry(_("Not a folder, and the site needs one: …"),
                  _("A shared folder is a file there.")),
            Entry(_("Not enough disk space for …"),
                  _("Make room, or keep fewer releases.")),
            Entry(_("Too few inodes for …"),
                  _("Make room, or keep fewer releases: too many small files.")),
            Entry(_("Another command is still at work in …; try again in a moment."),
                  _("A script of an earlier attempt is still running; wait.")),
            Entry(_("What an earlier worker began in … cannot be ended"),
                  _("End the process that the sentence names on the server, then release again: "
                    "nothing changes beside it.")),
            Entry(_("A newer worker has taken over here"),
                  _("This worker was thought dead and is not: the other one goes on. When every "
                    "release says it, our database was set back to an older state: with no worker "
                    "at work there, write the second number of the sentence into "
                    "“.releasemgr/fence”.")),
            Entry(_("… must be a real folder on the file system of …: releases are renamed."),
                  _("“releases/” is a link or a mount; make it a plain folder.")),
            Entry(_("arrived differently from what was approved, first: …"),
                  _("A full disk, or somebody changed it; release again, and look who can write "
                    "there.")),
            Entry(_("is there already, with other contents."),
                  _("Somebody made a folder of that name; move it away.")),
            Entry(_("Could not …"),
                  _("Permissions: the sentence names the account and what the system said.")),
            Entry(_("Somebody else switched …"),
                  _("Another tool, or a person, changed “current” during the release.")),
            Entry(_("… names …, where no version lies, so there would be no way back."),
                  _("“current” leads nowhere: point it at a version that is there, or remove it, "
                    "then release again.")),
            Entry(_("What was built of this version is gone from the release manager"),
                  _("Do what the sentence says: it names what, and where.")),
            Entry(_("What was built of this version is on another worker's machine, which gives no "
                    "sign of life."),
                  _("Start the worker there, or share “DATA_DIR” (several machines).")),
            Entry(_("There is no folder … to switch to."),
                  _("The release was removed by hand; release again.")),
            Entry(_("The program flock (package util-linux) does not work on this server."),
                  _("Install it.")),
            Entry(_("/fence is damaged: it must hold one number."),
                  _("A full disk once cut it off: write the environment's last number, or a larger "
                    "one, into it.")),
            Entry(_("current names …, although … should be live. Release or go back instead."),
                  _("“Make PHP reload” on a server where “current” was changed by hand.")),
        ),
    ),
)
