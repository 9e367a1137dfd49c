"""Which tests show what happens at each of the 44 faults that docs/faults.md tells of.

The tests stand at the lowest depth that shows the fault on a real daemon; `FAULTS` maps a fault's
number to their ids, seen from this folder's parent.
"""

REMOTE, SCRIPTS, HOUSE = "integration/remote", "unit/scripts", "integration/house"

FAULTS = {
    1: ("faults/test_reaching_servers.py::test_a_closed_port_is_named",
        "faults/test_reaching_servers.py::test_a_port_that_stays_silent_is_given_up_within_its_time",
        f"{REMOTE}/test_login.py::test_a_tarpit_is_unreachable_within_the_limit"),
    2: ("faults/test_lost_servers.py::"
        "test_a_server_lost_between_the_switches_holds_the_environment",),
    3: ("faults/test_lost_servers.py::test_a_server_lost_while_it_goes_back_is_left_to_a_person",),
    4: ("faults/test_reaching_servers.py::test_a_changed_host_key_stops_before_anything_is_sent",
        "faults/test_lost_servers.py::test_a_host_key_that_changed_in_between_is_never_trusted",
        f"{REMOTE}/test_login.py::test_a_changed_host_key_stops_before_any_login"),
    5: ("faults/test_reaching_servers.py::test_a_wrong_key_is_named",
        "faults/test_lost_servers.py::test_a_key_that_was_revoked_in_between_is_named",
        "unit/remote/test_keys.py::test_no_repr_shows_a_key"),
    6: ("faults/test_lost_servers.py::test_a_black_hole_before_the_switch_changes_nothing",
        "faults/test_lost_lines.py::test_a_switch_whose_answer_is_lost_is_read_from_the_server",
        "faults/test_lost_lines.py::test_an_ssh_server_that_stands_still_is_asked_anew",
        "faults/test_lost_lines.py::test_a_dead_peer_is_noticed_within_fifteen_seconds",
        "faults/test_lost_lines.py::test_a_slow_line_only_takes_longer",
        f"{REMOTE}/test_commands.py::test_a_black_hole_is_noticed_within_fifteen_seconds"),
    7: ("faults/test_lost_lines.py::test_a_script_that_was_killed_on_the_server_is_asked_again",
        "faults/test_lost_lines.py::test_a_connection_that_is_cut_in_a_step_is_opened_again",
        "faults/test_reaching_servers.py::test_a_connection_lost_in_mid_command_is_opened_again",
        f"{REMOTE}/test_commands.py::test_a_signal_means_unknown_and_not_a_code",
        f"{REMOTE}/test_lost_commands.py::"
        "test_a_command_survives_its_connection_and_is_not_run_twice"),
    8: ("faults/test_folders.py::test_a_disk_without_room_is_told_before_anything_is_copied",
        "faults/test_disks.py::"
        "test_a_disk_that_gets_full_in_the_middle_of_the_copy_changes_nothing",
        f"{SCRIPTS}/test_switch.py::test_going_back_works_on_a_full_disk"),
    9: ("faults/test_disks.py::test_too_few_inodes_are_told_before_anything_is_copied",
        "faults/test_disks.py::test_inodes_that_run_out_in_the_middle_of_the_copy_change_nothing",
        "faults/test_disks.py::test_a_switch_that_finds_no_inode_leaves_the_old_version_live"),
    10: ("faults/test_disks.py::test_a_read_only_disk_is_told_before_anything_changes",
         "faults/test_disks.py::test_a_disk_that_turns_read_only_after_the_switch_needs_a_person",
         "faults/test_disks.py::test_a_folder_we_may_not_write_in_is_told_with_our_account"),
    11: ("faults/test_sources.py::test_a_ref_that_names_nothing_is_refused_and_recorded",
         "faults/test_sources.py::test_a_branch_that_was_moved_after_the_click_changes_nothing",
         "unit/services/test_releases.py::test_a_name_that_means_two_things_is_refused"),
    12: ("faults/test_sources.py::"
         "test_a_git_host_that_is_down_when_it_is_needed_ends_the_deployment",
         "faults/test_sources.py::"
         "test_a_git_host_that_is_down_does_not_stop_what_was_read_already",
         "integration/artifacts/test_git_https.py::"
         "test_a_host_that_is_down_or_silent_costs_no_more_than_the_deadline"),
    13: ("faults/test_sources.py::"
         "test_a_build_that_fails_ends_the_deployment_that_waits_for_it",
         "integration/artifacts/test_build.py::"
         "test_a_failing_command_ends_the_build_with_its_last_words"),
    14: ("faults/test_sources.py::"
         "test_a_build_that_fails_ends_the_deployment_that_waits_for_it",
         "integration/artifacts/test_build.py::"
         "test_a_silent_command_is_ended_with_all_its_processes"),
    15: ("faults/test_sources.py::"
         "test_a_build_that_prints_a_gigabyte_is_cut_in_the_log_and_built",
         "integration/artifacts/test_build.py::test_a_gigabyte_of_output_is_capped"),
    16: ("faults/test_sources.py::test_a_build_that_prints_no_text_at_all_is_logged_as_text",
         "unit/artifacts/test_output.py::test_a_secret_is_masked_however_the_stream_is_cut",
         f"{REMOTE}/test_commands.py::test_output_that_is_no_text_is_made_text"),
    17: ("faults/simulation/test_every_point.py::test_whatever_goes_wrong_ends_well",
         "faults/test_real_kills.py::test_all_is_well_again_after_each_of_six_kills",
         f"{HOUSE}/test_worker.py::test_a_killed_workers_deployment_is_finished_by_the_next_one"),
    18: ("faults/simulation/test_every_point.py::test_whatever_goes_wrong_ends_well",
         "unit/test_states.py::test_a_lower_fence_moves_nothing",
         f"{HOUSE}/test_worker.py::"
         "test_a_worker_that_sleeps_longer_than_its_lease_has_nothing_to_say_any_more",
         "faults/test_folders.py::test_a_server_that_obeys_a_newer_worker_is_left_to_it",
         f"{SCRIPTS}/test_switch.py::"
         "test_many_workers_at_once_never_invert_and_never_lose_the_link"),
    19: (f"{HOUSE}/test_clusters.py::"
         "test_a_cluster_that_hangs_because_an_idle_worker_died_is_replaced",
         f"{HOUSE}/test_clusters.py::"
         "test_a_cluster_whose_processes_are_all_stopped_is_replaced",
         "unit/pages/test_progress_page.py::"
         "test_the_worker_not_answering_is_said_after_a_minute"),
    20: ("unit/services/test_lost.py::"
         "test_a_message_that_was_lost_is_sent_again_after_a_while",
         f"{HOUSE}/test_messages.py::test_a_message_that_is_lost_is_sent_again_and_runs_once",
         f"{HOUSE}/test_messages.py::test_a_message_that_comes_three_times_runs_once",
         "integration/racing/test_one_wins.py::test_one_process_claims_a_deployment",
         "faults/simulation/test_seeds.py::test_random_runs_end_well"),
    21: ("faults/test_database.py::"
         "test_a_database_that_is_away_for_a_moment_only_takes_longer",
         "faults/test_database.py::test_a_database_that_is_away_for_too_long_stops_the_worker"),
    22: ("faults/test_database.py::test_a_page_that_meets_a_locked_database_says_so",
         "integration/racing/test_one_wins.py::test_the_audit_log_is_one_chain"),
    23: ("integration/racing/test_one_wins.py::test_two_people_at_once_are_one_deployment",),
    24: ("integration/racing/test_one_wins.py::test_a_double_click_is_one_deployment",
         f"{HOUSE}/test_click_to_proof.py::test_a_double_click_is_one_deployment"),
    25: ("faults/test_endpoint_in_between.py::"
         "test_whatever_the_endpoint_answers_after_the_switch_everything_goes_back",
         "faults/test_caches.py::"
         "test_a_refused_token_is_told_with_the_reason_from_the_servers_own_log",
         "faults/test_caches.py::"
         "test_a_web_server_that_closes_the_endpoint_is_not_taken_for_the_endpoint"),
    26: ("faults/test_endpoint_in_between.py::"
         "test_whatever_the_endpoint_answers_after_the_switch_everything_goes_back",
         "faults/test_caches.py::"
         "test_an_endpoint_that_does_not_answer_as_ours_is_told_before_anything_changes"),
    27: ("faults/test_endpoint_in_between.py::"
         "test_an_endpoint_that_drips_after_the_switch_is_given_up",
         f"{REMOTE}/test_http.py::test_a_slow_drip_cannot_extend_the_deadline"),
    28: ("faults/test_endpoint_in_between.py::"
         "test_whatever_the_endpoint_answers_after_the_switch_everything_goes_back",
         f"{REMOTE}/test_http.py::test_redirects_are_answers_and_not_followed"),
    29: ("faults/test_endpoint_in_between.py::"
         "test_a_certificate_that_has_expired_is_told_before_anything_changes",
         "faults/test_endpoint_in_between.py::"
         "test_a_certificate_that_expires_after_the_switch_ends_no_release_unproved",
         "integration/test_strategies.py::test_a_certificate_that_is_not_the_sites_is_refused"),
    30: ("faults/test_another_machine.py::"
         "test_an_address_of_another_server_is_told_before_the_switch",
         "faults/test_caches.py::test_a_marker_that_names_another_release_is_not_proved",
         f"{REMOTE}/test_endpoint_door.py::test_an_answer_to_another_question_is_not_believed"),
    31: ("faults/test_meanwhile.py::test_a_token_replaced_in_mid_release_does_not_stop_it",
         "faults/test_meanwhile.py::test_a_token_revoked_after_the_switch_leaves_it_to_a_person"),
    32: ("faults/test_meanwhile.py::test_a_clock_that_is_wrong_is_told_before_anything_changes",
         "unit/pipeline/test_deciding.py::"
         "test_a_decision_can_be_taken_up_whatever_our_own_clock_says",
         "integration/php/test_refusals.py::"
         "test_half_a_minute_of_clock_difference_is_tolerated_and_more_is_named"),
    33: ("faults/test_folders.py::"
         "test_current_as_a_real_folder_is_refused_with_the_commands_that_convert_it",
         "faults/test_links.py::test_no_link_at_all_is_a_first_release",
         "faults/test_links.py::test_a_link_that_leads_nowhere_is_told_before_the_switch",
         "faults/test_links.py::"
         "test_an_absolute_link_is_released_over_and_put_back_as_it_was"),
    34: ("faults/test_links.py::test_a_version_removed_by_hand_before_the_switch_is_told",
         "faults/test_links.py::test_a_version_removed_by_hand_after_the_switch_is_put_back"),
    35: ("faults/test_links.py::test_a_link_that_leads_nowhere_is_told_before_the_switch",
         "faults/test_links.py::test_a_way_back_that_was_removed_by_hand_needs_a_person"),
    36: ("faults/test_shells.py::test_a_release_and_a_way_back_work_in_any_login_shell",
         f"{SCRIPTS}/test_shells.py::test_a_whole_deployment_works",
         f"{REMOTE}/test_commands.py::"
         "test_banners_and_chatty_shells_do_not_disturb_answers"),
    37: ("faults/test_folders.py::"
         "test_a_root_with_an_unkind_name_is_released_like_any_other",
         "faults/test_links.py::test_a_root_whose_path_is_too_long_is_refused_in_words",
         "faults/test_links.py::test_a_link_that_leads_nowhere_is_told_before_the_switch",
         f"{SCRIPTS}/test_place.py::test_any_name_may_stand_in_a_release"),
    38: (f"{SCRIPTS}/test_prune.py::test_the_live_release_is_kept_however_the_link_names_it",
         f"{HOUSE}/test_on_the_servers.py::"
         "test_old_releases_are_removed_but_never_the_live_one_or_the_way_back"),
    39: ("faults/test_meanwhile.py::test_an_approver_revoked_before_the_start_stops_it",
         "faults/test_meanwhile.py::test_a_requester_switched_off_before_the_start_stops_it"),
    40: ("faults/test_meanwhile.py::test_a_project_edited_after_the_approval_voids_it",
         "faults/test_meanwhile.py::"
         "test_a_project_edited_in_mid_release_runs_as_it_was_approved"),
    41: (f"{HOUSE}/test_worker.py::"
         "test_a_worker_that_is_told_to_end_hands_over_at_the_next_step",
         f"{HOUSE}/test_worker.py::test_a_signal_to_every_process_at_once_hands_over_too"),
    42: ("faults/test_meanwhile.py::test_what_cannot_be_undone_is_left_to_a_person",
         "unit/pipeline/test_resuming.py::test_what_cannot_be_undone_is_decided_by_a_person"),
    43: ("faults/test_database.py::test_nothing_is_asked_for_that_cannot_be_audited",
         "faults/test_database.py::test_nothing_is_done_on_a_server_that_cannot_be_audited"),
    44: ("faults/test_meanwhile.py::test_a_server_added_in_mid_release_is_not_touched",
         "faults/test_meanwhile.py::"
         "test_a_server_left_out_in_mid_release_is_released_to_the_end"),
}
