"""
Aqueduct's deviations V1 to V11 from Twisted, as small patches on the real classes.

Each deviation is one function (V6: three), named after what it does; its first line says
why, and names the rules of SPEC.md that it changes. Those without a number are no decisions of
their own: they carry a rule to classes that end in an accident of Python there.
"""

from repairs import ends, pauses, registrations

# A later patch edits or wraps what an earlier one left, so the order counts.
REPAIRS = (
    registrations.v1_second_registration_is_one_runtime_error,
    pauses.v2_pause_once_per_full_episode,
    pauses.v3_limit_counts_unsent_bytes,
    registrations.v4_registration_starts_running,
    ends.v5_close_waits_for_unregister,
    ends.v6_proxy_finish_follows_the_buffer,
    pauses.v6_proxy_limit_is_strict,
    pauses.v6_proxy_buffers_bytes,
    registrations.v7_unregister_of_nothing_is_silent,
    pauses.v8_adapter_pauses_do_not_count,
    pauses.v9_empty_write_is_nothing,
    ends.v10_stop_once_when_the_consumer_goes,
    pauses.v11_loopback_is_bounded,
    registrations.register_after_the_end_stops_at_once,
    ends.write_after_the_end_is_dropped,
    ends.half_close_happens_once,
    registrations.refused_registration_changes_nothing,
    registrations.page_without_producer,
)


def apply():
    for repair in REPAIRS:
        repair()
