"""`python -m tests.security.attacks` prints which test makes which attack, all over the tree.

Attacks whose test lives beside the code it attacks are not repeated in this folder; they are
named here.
"""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
UNIT, OVER = "tests/unit/", "tests/integration/"

ELSEWHERE = (
    ("A client writes its own address", UNIT + "pages/test_actor.py",
     "test_a_stranger_cannot_choose_their_address"),
    ("A client hides behind proxies", UNIT + "pages/test_actor.py",
     "test_behind_proxies_the_right_most_untrusted_entry_counts"),
    ("A pickle is planted in the queue's tables", UNIT + "pages/test_reading_changes_nothing.py",
     "test_no_get_changes_a_row_or_loads_a_pickle"),
    ("A forged host", UNIT + "pages/test_reading_changes_nothing.py",
     "test_a_forged_host_is_an_error_without_words_of_ours"),
    ("A form from another site, on every page", UNIT + "pages/test_doors.py",
     "test_a_form_from_elsewhere_is_not_accepted"),
    ("Another project's rows, on every page", UNIT + "pages/test_doors.py",
     "test_a_person_of_another_project_changes_nothing"),
    ("Another project's rows, in the admin", UNIT + "admin/test_set_up_by_entry.py",
     "test_a_row_of_others_is_not_there_by_any_address"),
    ("Fields of an open form that were closed", UNIT + "admin/test_project_code.py",
     "test_who_only_sets_up_sees_code_and_changes_none_of_it"),
    ("An ended session is used again", UNIT + "pages/test_session_pages.py",
     "test_a_copy_of_an_ended_session_opens_nothing"),
    ("Another person's session, by its number", UNIT + "pages/test_session_pages.py",
     "test_nobody_ends_anothers_session_by_its_number"),
    ("Guessing a password", UNIT + "pages/test_signing_in.py",
     "test_of_fifty_tries_five_are_looked_at"),
    ("A code is used twice", UNIT + "pages/test_signing_in.py",
     "test_a_code_counts_once_and_only_now"),
    ("Signing in leads to another site", UNIT + "pages/test_signing_in.py",
     "test_signing_in_leads_to_no_other_site"),
    ("A made-up password link", UNIT + "pages/test_password_link_pages.py",
     "test_a_wrong_link_is_refused_and_recorded"),
    ("A password alone, where a code is owed", UNIT + "pages/test_signing_in.py",
     "test_a_password_alone_opens_nothing_where_a_code_is_owed"),
    ("Guessing a code", UNIT + "pages/test_signing_in.py",
     "test_codes_are_throttled_as_passwords_are"),
    ("A recovery code is used twice", UNIT + "pages/test_signing_in.py",
     "test_a_recovery_code_opens_once_and_the_person_is_told"),
    ("A code that was owed long ago, or before the password changed",
     UNIT + "pages/test_signing_in.py",
     "test_what_is_owed_ends_with_time_with_a_new_password_and_with_the_entry"),
    ("Guessing goes on while one must wait", UNIT + "pages/test_signing_in.py",
     "test_the_right_password_is_not_looked_at_while_one_must_wait"),
    ("Guessing with many tries at the same moment", UNIT + "pages/test_signing_in.py",
     "test_of_tries_at_the_same_moment_no_more_are_looked_at"),
    ("Guessing with a made-up known browser", UNIT + "pages/test_signing_in.py",
     "test_a_made_up_browser_counts_as_a_stranger"),
    ("Keeping somebody out by guessing at their name", UNIT + "pages/test_signing_in.py",
     "test_a_browser_that_was_used_before_is_not_kept_out_by_others"),
    ("Guessing the old password in an open browser", UNIT + "pages/test_session_pages.py",
     "test_old_passwords_are_throttled_and_refusals_recorded"),
    ("A session from before the password changed", UNIT + "pages/test_session_pages.py",
     "test_a_new_password_of_ones_own_ends_the_other_sessions"),
    ("A session of an account that is switched off", UNIT + "pages/test_session_pages.py",
     "test_an_account_that_is_switched_off_loses_its_sessions"),
    ("A session that an administrator ended", UNIT + "pages/test_session_pages.py",
     "test_administrators_end_sessions_of_others"),
    ("A page that asks by itself keeps a session open", UNIT + "pages/test_session_pages.py",
     "test_a_page_that_asks_by_itself_keeps_no_session_alive"),
    ("An open browser gives a yes", UNIT + "services/test_agreeing.py",
     "test_a_yes_needs_a_fresh_sign_in"),
    ("Asking again leads to another site", UNIT + "pages/test_again.py",
     "test_it_leads_to_no_other_site"),
    ("An administrator reads a password link", UNIT + "services/test_password_links.py",
     "test_the_link_is_in_the_mail_and_nowhere_else"),
    ("An administrator is shown the link of whoever weighs",
     UNIT + "services/test_password_links.py", "test_no_link_is_shown_for_whoever_weighs"),
    ("A password link goes to an address that was just changed",
     UNIT + "services/test_password_links.py",
     "test_a_changed_mail_address_gets_no_link_for_a_day"),
    ("A password link is used twice", UNIT + "services/test_password_links.py",
     "test_a_password_is_set_once"),
    ("A password link is used by two at once", UNIT + "services/test_password_links.py",
     "test_of_two_who_use_one_link_one_wins"),
    ("A password link that something made void", UNIT + "services/test_password_links.py",
     "test_what_changes_the_account_makes_a_link_void"),
    ("A yes of somebody whose password was just set by a link",
     UNIT + "services/test_password_links.py",
     "test_approvals_are_void_for_a_day_once_it_is_used"),
    ("An administrator sets another's password", UNIT + "admin/test_people.py",
     "test_nobody_sets_a_password_for_another"),
    ("A user makes a superuser of themselves", UNIT + "admin/test_people.py",
     "test_changing_users_is_no_way_to_become_a_superuser"),
    ("A cell of an export begins a formula", UNIT + "admin/test_audit_log.py",
     "test_a_cell_never_begins_a_formula"),
    ("A name that is a cell of its own, where another delimiter splits", UNIT +
     "admin/test_audit_log.py",
     "test_no_cell_begins_a_formula_where_a_spreadsheet_splits_elsewhere"),
    ("A server's address is the cloud's, in any form", UNIT + "admin/test_inner_addresses.py",
     "test_servers_are_not_the_cloud_nor_without_a_setting_ourselves"),
    ("A site is asked at an inner address", UNIT + "admin/test_inner_addresses.py",
     "test_a_site_is_asked_directly_only_elsewhere"),
    ("A name leads to the cloud when it is looked up", UNIT + "admin/test_inner_addresses.py",
     "test_a_name_that_leads_to_the_cloud_is_not_asked"),
    ("A repository at an inner address", UNIT + "admin/test_inner_addresses.py",
     "test_a_repository_lies_elsewhere"),
    ("A check page redirects elsewhere", OVER + "remote/test_http.py",
     "test_redirects_are_answers_and_not_followed"),
    ("A check page's address means another host", OVER + "remote/test_http.py",
     "test_addresses_that_could_mean_something_else_are_refused"),
    ("An answer without end", OVER + "remote/test_http.py",
     "test_more_than_the_cap_is_refused_at_once"),
    ("An option as a repository's address", UNIT + "artifacts/test_source.py",
     "test_an_address_of_another_form_never_reaches_git"),
    ("An option as a submodule's address", OVER + "artifacts/test_export.py",
     "test_a_hostile_submodule_address_runs_nothing"),
    ("An option as a version's name", UNIT + "services/test_releases.py",
     "test_what_git_or_a_shell_could_misread_is_refused"),
    ("Filters and hooks of the tree", OVER + "artifacts/test_export.py",
     "test_filters_attributes_and_hooks_of_the_tree_run_nothing"),
    ("Links in a version that lead out of it", UNIT + "artifacts/test_archive.py",
     "test_links_that_lead_out_through_each_other_are_refused"),
    ("An artifact's name that is a path", UNIT + "artifacts/test_store.py",
     "test_names_of_another_form_never_become_paths"),
    ("A remote path's name that is a path", UNIT + "test_paths.py",
     "test_a_name_that_is_a_path_is_refused"),
    ("Terminal escapes in what a build prints", UNIT + "artifacts/test_output.py",
     "test_lines_read_as_a_person_would_see_them"),
    ("Terminal escapes in a commit's subject", UNIT + "artifacts/test_output.py",
     "test_a_commit_subject_becomes_one_plain_line"),
    ("A secret printed in two pieces", UNIT + "artifacts/test_output.py",
     "test_a_secret_is_masked_however_the_stream_is_cut"),
    ("A header of a mail is forged", OVER + "notify/test_mail.py",
     "test_no_header_can_be_forged_by_what_a_row_holds"),
    ("A line of a mail is forged", UNIT + "services/test_notices.py",
     "test_nothing_in_a_name_or_a_sentence_forges_a_line"),
    ("The audit log is altered, a thousand times", UNIT + "test_audit_mutations.py",
     "test_of_a_thousand_attacks_none_goes_unnoticed"),
    ("The audit log is altered by SQL", UNIT + "test_audit_triggers.py",
     "test_the_database_refuses"),
    ("A ciphertext is moved to another column", UNIT + "test_crypto.py",
     "test_a_ciphertext_moved_to_another_column_is_not_usable"),
    ("A stolen row of the session table", UNIT + "pages/test_session_pages.py",
     "test_a_copy_of_the_database_opens_no_session"),
    ("A password link is read in the log", UNIT + "pages/test_password_link_pages.py",
     "test_no_log_line_holds_a_link_that_still_works"),
    ("Headers of check pages, with their passwords, in forms", UNIT + "admin/test_secrets.py",
     "test_headers_are_kept_replaced_and_removed_like_any_secret"),
    ("Passwords in the headers of a stored plan", UNIT + "test_crypto.py",
     "test_headers_in_a_plan_are_encrypted_and_rotated_too"),
    ("Secrets on pages, error pages and exports", "tests/security/test_canaries.py",
     "test_no_page_error_or_export_holds_a_secret"),
    ("Secrets in mails", "tests/security/test_canaries.py",
     "test_no_mail_holds_a_secret_but_the_link_it_is_for"),
    ("Secrets in logs, with every logger at DEBUG", "tests/security/test_canaries.py",
     "test_no_log_line_holds_a_secret"),
    ("Secrets in a dump of the database", "tests/security/test_canaries.py",
     "test_the_database_holds_no_secret_in_clear"),
    ("Secrets in what commands print", "tests/security/test_canaries.py",
     "test_no_command_prints_a_secret"),
    ("Secrets in a debugger", "tests/security/test_canaries.py",
     "test_no_object_shows_its_secret_to_a_debugger"),
)
"""(attack, file, test): those outside this folder."""

BY_PLACE = {
    UNIT + "services/test_grants.py": (
        ("Allowing oneself something, by name or by group", "test_nobody_grants_to_themselves"),
        ("Widening one's own entry, or taking over another's",
         "test_nobody_widens_their_own_entry_or_takes_over_anothers"),
        ("Allowing something outside one's set-up",
         "test_entries_are_written_within_ones_own_set_up"),
        ("Being the second person of one's own entry",
         "test_the_second_person_is_neither_author_nor_beneficiary_nor_a_command"),
        ("Widening an entry that was confirmed", "test_a_changed_entry_is_agreed_to_anew"),
    ),
    UNIT + "services/test_people.py": (
        ("Joining a group that may do it", "test_a_group_that_weighs_takes_a_second_person"),
        ("Changing one's own groups", "test_nobody_changes_their_own_groups"),
        ("Confirming that one joins", "test_whoever_joins_does_not_confirm_it"),
        ("Taking protection away for a minute",
         "test_taking_protection_away_for_a_minute_opens_no_way_around"),
        ("Making a superuser otherwise than on the console",
         "test_superusers_are_made_on_the_console_alone"),
    ),
    UNIT + "services/test_access.py": (
        ("Answering one's own request for access",
         "test_nobody_answers_their_own_request_or_outside_their_set_up"),
    ),
    UNIT + "admin/test_allowlist.py": (
        ("A crafted entry for oneself", "test_nobody_writes_an_entry_for_themselves"),
        ("An entry changed into one's own",
         "test_nobody_changes_an_entry_into_their_own_or_their_own"),
        ("Letting each other edit commands", "test_only_who_edits_commands_lets_others_do_so"),
    ),
    UNIT + "admin/test_set_up_by_entry.py": (
        ("Another project's row, in a crafted form", "test_no_form_reaches_into_another_project"),
        ("Another project's row, in a row inside a form",
         "test_rows_inside_a_form_stay_with_their_form"),
        ("Commands in a form that shows none", "test_set_up_alone_writes_no_code"),
    ),
    UNIT + "services/test_approvals.py": (
        ("Approving what one asked for", "test_the_requester_cannot_approve"),
        ("One's own yes, written before one asked", "test_ones_own_yes_never_counts"),
        ("Approving twice", "test_the_same_person_counts_once"),
        ("Approving one plan with another's form", "test_an_answer_to_another_plan_is_refused"),
        ("Approving what ended, was voided or began",
         "test_what_no_longer_waits_cannot_be_answered"),
        ("Two answers of two people at once", "test_two_people_at_once_are_two"),
        ("A plan exchanged while it waits", "test_a_plan_that_changed_voids_the_request"),
    ),
    UNIT + "services/test_agreeing.py": (
        ("Approving what one wrote", "test_who_edited_the_commands_last_cannot_answer"),
        ("Commands exchanged after the yes", "test_edited_commands_void_it_and_are_named"),
        ("An approver who lost the right after the yes",
         "test_a_yes_is_lost_with_the_right_to_give_it"),
        ("A yes that was lost comes back with the right", "test_a_lost_yes_does_not_come_back"),
        ("Who asked lost the right after the yes", "test_who_asked_must_still_be_allowed"),
        ("A right lost unnoticed, right before the start",
         "test_the_worker_looks_again_right_before_the_start"),
        ("Taking a rule away instead of a yes",
         "test_a_rule_less_voids_what_waits_and_starts_nothing"),
    ),
    UNIT + "services/test_edits.py": (
        ("Agreeing to one's own edit of commands",
         "test_nobody_agrees_to_their_own_edit_nor_without_the_right"),
        ("Characters that hide a command", "test_characters_that_hide_others_are_seen"),
    ),
    UNIT + "services/test_emergencies.py": (
        ("An emergency without the right",
         "test_it_is_refused_to_who_may_not_and_without_what_it_needs"),
        ("Reviewing one's own emergency", "test_who_may_not_review_is_told_why"),
    ),
    UNIT + "pages/test_freeze_pages.py": (
        ("A crafted emergency", "test_nobody_else_sees_or_presses_emergency"),
    ),
    UNIT + "services/test_gates.py": (
        ("An exception for somebody whom the freeze does not name",
         "test_who_is_not_named_goes_through_nothing"),
        ("An exception used in another window",
         "test_an_exception_counts_for_one_window_of_one_freeze"),
    ),
    UNIT + "services/test_planned.py": (
        ("A planned start outside its window",
         "test_a_worker_that_comes_too_late_does_not_start_it"),
        ("A planned start of somebody who may not any more",
         "test_who_may_not_release_any_more_starts_nothing"),
    ),
    UNIT + "test_votes_stay.py": (
        ("A vote is altered by SQL", "test_a_vote_is_never_changed"),
    ),
    UNIT + "pages/test_doors.py": (
        ("A link in a mail that stops a release",
         "test_opening_a_changing_address_by_a_link_does_nothing"),
    ),
    UNIT + "services/test_deployments.py": (
        ("A release asked for by the same form again", "test_a_double_click_is_one_deployment"),
    ),
    UNIT + "commands/test_speaking.py": (
        ("Speaking for somebody else on the console", "test_an_account_speaks_for_nobody_else"),
    ),
    OVER + "racing/test_one_wins.py": (
        ("A stop and a start by processes at once", "test_a_claim_and_a_stop_never_both_win"),
        ("Two releases asked for at once", "test_two_people_at_once_are_one_deployment"),
    ),
}
"""{file: (attack, test) pairs}: those on who decides."""


def names_in(path):
    """{name: docstring} of a file's tests."""
    return {node.name: ast.get_docstring(node) or "" for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def attacks():
    """(attack, file, test) of the whole tree; this folder's own are called as their tests are."""
    here = Path(__file__).parent
    for path in (*sorted(here.glob("test_attacks_*.py")), here / "test_races.py"):
        for name in names_in(path):
            words = name.removeprefix("test_").replace("_", " ")
            yield words.capitalize(), str(path.relative_to(ROOT)), name
    yield from ELSEWHERE
    for path, pairs in BY_PLACE.items():
        yield from ((words, path, name) for words, name in pairs)


if __name__ == "__main__":
    found = list(attacks())
    for words, path, name in found:
        print(f"{words}\n    {path}::{name}")
    print(f"{len(found)} attacks")
