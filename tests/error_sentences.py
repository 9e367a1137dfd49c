"""The error sentences that people meet: where Help explains each, and which test causes its fault.

A test that causes one ends with `says(fault, …)` on the sentence that the product really said: a
new wording without its entry in Help, or the other way round, is red.
"""

from dataclasses import dataclass

from deployments import explained


@dataclass(frozen=True)
class Fault:
    """`anchor` is its entry in Help; `test`, in the file `path`, causes it."""

    anchor: str
    path: str
    test: str


HERE = "tests/unit/pages/test_every_error_sentence.py"
BROWSER = "tests/browser/test_a_release.py"

FAULTS = {
    "wrong network": Fault(
        "said-counts-only-from-certain-networks-you-are-on", HERE,
        "test_a_release_from_the_wrong_network"),
    "busy": Fault("said-already-asked-to", HERE, "test_somebody_else_is_releasing"),
    "freeze": Fault(
        "said-releases-to-are-frozen-until", "tests/unit/pages/test_freeze_pages.py",
        "test_a_frozen_release_offers_later_and_nothing_else"),
    "reset endpoint refused": Fault(
        "said-refuses-our-token-the-server-s-refusal-log-names-the-reason",
        "tests/faults/test_meanwhile.py",
        "test_a_token_revoked_after_the_switch_leaves_it_to_a_person"),
    "SSH host key changed": Fault(
        "said-shows-the-host-key-instead-of-the-confirmed-nobody-logged-in",
        "tests/faults/test_reaching_servers.py",
        "test_a_changed_host_key_stops_before_anything_is_sent"),
    "disk": Fault(
        "said-not-enough-disk-space-for", "tests/faults/test_folders.py",
        "test_a_disk_without_room_is_told_before_anything_is_copied"),
    "expired session": Fault(
        "said-you-were-signed-out-the-is-not-affected", BROWSER,
        "test_an_ended_session_is_said_and_leads_to_signing_in"),
    "double": Fault(
        "said-you-already-asked-to-release", HERE, "test_the_same_release_asked_for_twice"),
    "queue slow": Fault(
        "said-in-line-the-worker-has-not-picked-it-up-yet", HERE,
        "test_a_release_that_nobody_picks_up"),
    "worker not answering": Fault(
        "said-the-release-worker-is-not-answering", HERE, "test_a_release_that_nobody_picks_up"),
    "connection lost": Fault(
        "said-lost-the-connection-to-release-manager", BROWSER,
        "test_a_lost_connection_is_said_and_found_again"),
}


def says(fault, sentence):
    """Assert that this sentence of the product is the one that Help explains for the fault."""
    assert explained.anchor_of(sentence) == FAULTS[fault].anchor, sentence
