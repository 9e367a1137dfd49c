"""The few fields of each step of adding a site; what is not asked has a default."""

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from .. import policy
from ..models import Installation, PhpPool, Project, Server
from ..models.addresses import (
    PORT_LIMITS,
    validate_address,
    validate_host,
    validate_page,
    validate_site_host,
)
from ..models.installation import validate_root
from ..services import presets
from ..services.repository_addresses import validate_repository_url

WHERE = _lazy("https://…, ssh://… or git@host:path, or a folder on the release manager’s own "
              "machine.")
APART = " | "


class _Sourced(forms.Form):
    """Where the code is, and how to sign in there."""

    repository_url = forms.CharField(
        label=_lazy("Where is its code?"), max_length=500, help_text=WHERE,
        validators=[validate_repository_url],
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}))
    git_user = forms.CharField(
        label=_lazy("User"), required=False, max_length=100,
        help_text=_lazy("For a private https repository."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}))
    git_password = forms.CharField(
        label=_lazy("Access token"), required=False, help_text=_lazy("Kept encrypted, never shown "
                                                                     "again."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))


class NewProject(_Sourced):
    """Step 1 of a new site."""

    name = forms.CharField(label=_lazy("What is the site called?"), max_length=80,
                           help_text=_lazy("As people call it, for example Webshop."))
    kind = forms.ChoiceField(label=_lazy("What kind of site is it?"), widget=forms.RadioSelect)
    field_order = ("name", "repository_url", "git_user", "git_password", "kind")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        known = presets.all()
        self.fields["kind"].choices = [(each.key, each.label) for each in known]
        self.hints = {each.key: each.hint for each in known}
        self.fields["kind"].initial = known[0].key

    def clean_name(self):
        name = self.cleaned_data["name"].strip()
        if Project.objects.filter(name=name).exists():
            raise forms.ValidationError(_("A project of this name is there already."))
        return name


class Source(_Sourced):
    """Another address for the same project."""

    @classmethod
    def of(cls, project):
        return cls(initial={"repository_url": project.repository_url,
                            "git_user": project.git_user})


class Reach(forms.Form):
    """Step 2: where the site lies."""

    site_host = forms.CharField(
        label=_lazy("Which address do visitors type?"),
        max_length=200, validators=[validate_site_host],
        help_text=_lazy("Only the name, for example shop.example."))
    server = forms.ModelChoiceField(
        Server.objects.none(), label=_lazy("Which server is it on?"), required=False,
        empty_label=_lazy("A new one, named below"))
    name = forms.CharField(label=_lazy("What do you call the server?"),
                           max_length=60, required=False,
                           help_text=_lazy("For example web-1."))
    address = forms.CharField(
        label=_lazy("Its address"), max_length=200, required=False, validators=[validate_host],
        help_text=_lazy("Host name or IP address for SSH."))
    port = forms.IntegerField(label=_lazy("Port of SSH"), initial=22, validators=PORT_LIMITS,
                              required=False)
    user = forms.CharField(label=_lazy("Sign in as"),
                           max_length=40, initial="deploy", required=False,
                           help_text=_lazy("A user of its own; the next page says how to make it."))
    root = forms.CharField(
        label=_lazy("The site’s folder there"), max_length=500, validators=[validate_root],
        help_text=_lazy("It will hold all versions, for example /srv/shop."))

    def __init__(self, *args, place=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["server"].queryset = Server.objects.all()
        if place is not None or not Server.objects.exists():
            del self.fields["server"]
        if place is not None:
            del self.fields["name"]

    @classmethod
    def of(cls, place):
        server = place.server
        return cls(place=place, initial={
            "site_host": place.environment.site_host, "root": place.root,
            "address": server.address, "port": server.port, "user": server.user})

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("server"):
            return cleaned
        wanted = [name for name in ("name", "address", "port", "user") if name in self.fields]
        for name in wanted:
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, _("A new server needs this."))
        if "name" in self.fields and Server.objects.filter(name=cleaned.get("name")).exists():
            self.add_error("name", _("A server of this name is there already."))
        return cleaned


class Served(forms.Form):
    """Step 3: which PHP serves the site, and where its web server listens."""

    pools = forms.MultipleChoiceField(
        label=_lazy("Which PHP serves the site?"),
        required=False, widget=forms.CheckboxSelectMultiple)
    socket = forms.CharField(
        label=_lazy("Another PHP-FPM socket"), required=False, max_length=200,
        help_text=_lazy("For example /run/php/php8.2-fpm.sock or 127.0.0.1:9000."))
    master = forms.CharField(label=_lazy("Its service"), required=False, max_length=60,
                             help_text=_lazy("For example php8.2-fpm."))
    has_no_php = forms.BooleanField(label=_lazy("This site has no PHP"), required=False)
    web_server = forms.ChoiceField(
        label=_lazy("Web server"), choices=Installation._meta.get_field("web_server").choices)
    ask_address = forms.CharField(
        label=_lazy("Where it listens"), max_length=200, initial="127.0.0.1:443",
        validators=[validate_address], help_text=_lazy("As seen from the server itself."))
    is_https = forms.BooleanField(label=_lazy("Visitors use HTTPS"), required=False, initial=True)
    web_group = forms.CharField(label=_lazy("Group of the web server"), max_length=40,
                                initial="www-data")

    def __init__(self, *args, place, found, **kwargs):
        super().__init__(*args, **kwargs)
        rows = [(pool.name, pool.master, pool.socket) for pool in place.server.pools.all()]
        known = {socket for __, __, socket in rows}
        rows += [(each["name"], each["master"], each["socket"])
                 for each in found.get("pools", []) if each["socket"] not in known]
        self.fields["pools"].choices = [
            (APART.join(row), _("{service}, pool {pool}, at {socket}").format(
                service=row[1], pool=row[0], socket=row[2])) for row in rows]
        pages = {use.pool.socket: use.page_path for use in place.pool_uses.select_related("pool")}
        self.pages = {APART.join(row): f"page {row[2]}" for row in rows}  # names of fields
        for number, row in enumerate(rows):
            self.fields[f"page {row[2]}"] = forms.CharField(
                label=_("A page that pool {pool} at {socket} answers").format(
                    pool=row[0], socket=row[2]),
                max_length=300, required=False,
                initial=pages.get(row[2], "/"), validators=[validate_page],
                widget=forms.TextInput(attrs={"id": f"id_page_{number}"}))

    def rows(self):
        """(the pool's checkbox, the page it answers; None where there is one pool alone)."""
        ticks = list(self["pools"])
        for tick in ticks:
            yield tick, self[self.pages[tick.data["value"]]] if len(ticks) > 1 else None

    @classmethod
    def of(cls, place, found):
        used = [APART.join((row.name, row.master, row.socket)) for row in place.pools.all()]
        web = "apache" if found.get("web") == ["apache"] else place.web_server
        form = cls(place=place, found=found, initial={
            "pools": used, "has_no_php": place.php_door == Installation.NO_PHP,
            "web_server": web, "ask_address": place.ask_address, "is_https": place.is_https,
            "web_group": place.web_group})
        choices = form.fields["pools"].choices
        if not used and len(choices) == 1:
            form.initial["pools"] = [choices[0][0]]
        return form

    def clean(self):
        cleaned = super().clean()
        pools = [(*each.split(APART), cleaned.get(self.pages[each]) or "/")
                 for each in cleaned.get("pools", [])]
        if cleaned.get("socket"):
            row = PhpPool(name="www", master=cleaned.get("master") or "php-fpm",
                          socket=cleaned["socket"])
            try:
                row.clean_fields(exclude=["server"])
            except forms.ValidationError as problem:
                self.add_error("socket", problem.messages)
            pools.append((row.name, row.master, row.socket, "/"))
        if bool(pools) == bool(cleaned.get("has_no_php")):
            self.add_error("pools", _("Tick what serves the site, or that it has no PHP."))
        return {"pools": pools} | {name: cleaned.get(name) for name in (
            "web_server", "ask_address", "is_https", "web_group")}


class People(forms.Form):
    """Step 4: who may release, and whose yes it takes. What is so already is ticked."""

    ONE, NOBODY = "one", "nobody"

    releasers = forms.ModelMultipleChoiceField(
        None, label=_lazy("Who may release it?"),
        required=False, widget=forms.CheckboxSelectMultiple)
    second = forms.ChoiceField(
        label=_lazy("Does a second person agree to each release?"), widget=forms.RadioSelect,
        error_messages={"required": _lazy("Choose one of the two.")}, choices=[
            (ONE, _lazy("Yes, one of those ticked below; never the person who asks")),
            (NOBODY, _lazy("No, whoever may release does so alone"))])
    approvers = forms.ModelMultipleChoiceField(
        None, label=_lazy("Who may agree?"), required=False, widget=forms.CheckboxSelectMultiple)
    reason = forms.CharField(label=_lazy("Why?"), required=False, max_length=300,
                             help_text=_lazy("Kept with the entries and in the audit log."))
    is_sure = forms.BooleanField(label=_lazy("It is meant so, although nobody could approve"),
                                 required=False)
    left_out = forms.ModelMultipleChoiceField(
        None, required=False, widget=forms.MultipleHiddenInput)

    def __init__(self, *args, user, there, **kwargs):
        known = list(dict.fromkeys([*there.releasers, *there.approvers]))
        super().__init__(*args, initial={
            "releasers": there.releasers, "approvers": there.approvers,
            "left_out": [each.pk for each in known if each != user],
            "second": self.ONE if there.rules else self.NOBODY if there.releasers else None,
        }, **kwargs)
        people = get_user_model().objects.filter(is_active=True).exclude(pk=user.pk)
        for name in ("releasers", "approvers", "left_out"):
            self.fields[name].queryset = people.order_by("username")
            self.fields[name].label_from_instance = policy.name_and_account_of
        self.there, self.is_asked_sure = there, False
        if not there.is_plain:
            del self.fields["second"]

    @property
    def has_people(self):
        return self.fields["releasers"].queryset.exists()

    def clean(self):
        """As `first_people.let_in` takes it."""
        cleaned, second = super().clean(), self.cleaned_data.get("second")
        added = set(cleaned.get("approvers", ())) - set(self.there.approvers)
        if second == self.ONE and not cleaned.get("approvers"):
            self.add_error("approvers", _("Tick who may agree, or choose that nobody must."))
        if second == self.NOBODY and added:
            self.add_error("second", _("You ticked who may agree: choose “Yes”, or untick them."))
        cleaned.pop("second", None)
        return cleaned | {"needs_second": None if second is None else second == self.ONE}


class NewPerson(forms.Form):
    """An account for a colleague."""

    username = forms.CharField(
        label=_lazy("User name"), max_length=150,
        help_text=_lazy("For signing in, for example anna."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}))
    first_name = forms.CharField(label=_lazy("First name"), max_length=150, required=False)
    last_name = forms.CharField(label=_lazy("Last name"), max_length=150, required=False)
    email = forms.EmailField(
        label=_lazy("Mail address"), required=False,
        help_text=_lazy("Where the link to set a password goes. Without one it is shown to you."))
