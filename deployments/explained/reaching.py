"""What is said where a server, or the folder on it, is not as a release needs it."""

from .entry import Entry, Group

GROUPS = (
    Group(
        "Reaching the server",
        "The server could not be signed in to, so nothing was done there.",
        "Whoever runs the server.",
        (
            Entry("… cannot be resolved; correct the address.",
                  "The name is wrong, or DNS is down."),
            Entry("refuses connections; start its SSH service or correct the port.",
                  "Do what the sentence says: it names what, and where."),
            Entry("… is it running, and may we?",
                  "No answer within ten seconds: the server is down, or a firewall drops our "
                  "packets."),
            Entry("did not speak SSH within …",
                  "Something else listens on the port, or the server is overloaded."),
            Entry("offers only outdated encryption",
                  "Update its OpenSSH."),
            Entry("closed the connection at once (too many logins at the same time?)",
                  "Raise “MaxStartups” in its sshd_config."),
            Entry("The host key of … is not confirmed yet",
                  "“Servers” → the server → “Fetch identity”, compare, “Confirm identity”."),
            Entry("… shows the host key … instead of the confirmed …; nobody logged in. Find out "
                  "why first.",
                  "Reinstalled? Then fetch, compare and confirm again. Otherwise somebody stands "
                  "between; call security."),
            Entry("refuses the key for …",
                  "Add the public half to “authorized_keys” of that account."),
            Entry("wants more than a key from …",
                  "Its sshd asks for a second factor; allow the key alone for this account."),
            Entry("The SSH key for … cannot be used",
                  "Enter it again, with its passphrase."),
            Entry("let us in but runs no commands for this account",
                  "Give it a shell; remove “command=” in front of the key."),
            Entry("opens no more sessions on this connection",
                  "Raise “MaxSessions”."),
            Entry("The connection to … was lost while a command ran; it may have finished or not",
                  "Unknown, not failed: before the switch it ends as failed, after it everything "
                  "goes back."),
            Entry("was given up; it may still be running there",
                  "Our time limit for a command was over: see on the server whether it still "
                  "runs."),
        ),
    ),
    Group(
        "The server's folder",
        "The folder of the site on the server is not as a release needs it, or the server would "
        "not let us write there.",
        "Whoever runs the server.",
        (
            Entry("is a real folder, not a link; nothing was changed. To convert it",
                  "Run the commands in the sentence: a plain folder."),
            Entry("is a file, not a link; nothing was changed.",
                  "Run the commands in the sentence: a plain folder."),
            Entry("Missing on this server, and the site needs it: …",
                  "Put the shared file there, or make it a “created file”."),
            Entry("Not a folder, and the site needs one: …",
                  "A shared folder is a file there."),
            Entry("Not enough disk space for …",
                  "Make room, or keep fewer releases."),
            Entry("Too few inodes for …",
                  "Make room, or keep fewer releases: too many small files."),
            Entry("Another command is still at work in …; try again in a moment.",
                  "A script of an earlier attempt is still running; wait."),
            Entry("What an earlier worker began in … cannot be ended",
                  "End the process that the sentence names on the server, then release again: "
                  "nothing changes beside it."),
            Entry("A newer worker has taken over here",
                  "This worker was thought dead and is not: the other one goes on. When every "
                  "release says it, our database was set back to an older state: with no worker "
                  "at work there, write the second number of the sentence into "
                  "“.releasemgr/fence”."),
            Entry("… must be a real folder on the file system of …: releases are renamed.",
                  "“releases/” is a link or a mount; make it a plain folder."),
            Entry("arrived differently from what was approved, first: …",
                  "A full disk, or somebody changed it; release again, and look who can write "
                  "there."),
            Entry("is there already, with other contents.",
                  "Somebody made a folder of that name; move it away."),
            Entry("Could not …",
                  "Permissions: the sentence names the account and what the system said."),
            Entry("Somebody else switched …",
                  "Another tool, or a person, changed “current” during the release."),
            Entry("… names …, where no version lies, so there would be no way back.",
                  "“current” leads nowhere: point it at a version that is there, or remove it, "
                  "then release again."),
            Entry("What was built of this version is gone from the release manager",
                  "Do what the sentence says: it names what, and where."),
            Entry("What was built of this version is on another worker's machine, which gives no "
                  "sign of life.",
                  "Start the worker there, or share “DATA_DIR” (several machines)."),
            Entry("There is no folder … to switch to.",
                  "The release was removed by hand; release again."),
            Entry("The program flock (package util-linux) does not work on this server.",
                  "Install it."),
            Entry("/fence is damaged: it must hold one number.",
                  "A full disk once cut it off: write the environment's last number, or a larger "
                  "one, into it."),
            Entry("current names …, although … should be live. Release or go back instead.",
                  "“Make PHP reload” on a server where “current” was changed by hand."),
        ),
    ),
)
