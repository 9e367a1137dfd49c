"""What traffic sees and counts: answers, the marks they are judged by, and totals."""

from dataclasses import dataclass, field, fields


@dataclass(frozen=True)
class Answer:
    """One answer; times are of the monotonic clock. `status` is 0 when there was none.

    `index`, `one_class` and `all_classes` are the releases that the entry script, one class and all
    classes of the site named.
    """

    host: str
    path: str
    sent_at: float
    took_s: float
    status: int
    index: str
    one_class: str
    all_classes: frozenset[str]
    retried: bool
    error: str

    @property
    def releases(self) -> frozenset[str]:
        """Every release that took part in the answer; empty when the site did not answer."""
        return frozenset({self.index, self.one_class, *self.all_classes} - {""})

    @property
    def failed(self) -> bool:
        return bool(self.error) or self.status != 200 or not self.releases

    @property
    def mixed(self) -> bool:
        return len(self.releases) > 1


@dataclass(frozen=True)
class Counts:
    """Totals; `str()` is the end of the demo's last line."""

    requests: int = 0
    failed: int = 0
    stale: int = 0
    mixed: int = 0
    retried: int = 0
    slowest_s: float = 0

    def __add__(self, other: "Counts") -> "Counts":
        sums = {each.name: getattr(self, each.name) + getattr(other, each.name) for each in _SUMS}
        return Counts(**sums, slowest_s=max(self.slowest_s, other.slowest_s))

    @property
    def clean(self) -> bool:
        """Whether there were requests and none of them was in trouble."""
        return self.requests > 0 and not (self.failed or self.stale or self.mixed)

    def __str__(self) -> str:
        return (
            f"{self.requests} requests, "
            f"failed={self.failed}, stale={self.stale}, mixed={self.mixed}"
        )


_SUMS = [each for each in fields(Counts) if each.name != "slowest_s"]


@dataclass
class Marks:
    """Which release was the only right one, since when; None stands for any."""

    _since: list[tuple[float, str | None]] = field(default_factory=lambda: [(0.0, None)])

    def add(self, at: float, release: str | None) -> None:
        self._since.append((at, release))

    def allowed(self, sent_at: float, answered_at: float) -> frozenset[str] | None:
        """Return the releases that were right at some moment of the request; None: any.

        Code that came into force while a request was under way may have answered it, but nothing
        that went out of force before it was sent.
        """
        right: set[str | None] = set()
        ends = [at for at, _ in self._since[1:]] + [float("inf")]
        for (begin, release), end in zip(self._since, ends, strict=True):
            if begin <= answered_at and end > sent_at:
                right.add(release)
        return None if None in right else frozenset(right)
