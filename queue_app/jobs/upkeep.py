"""Every job of the house and its rhythm. A new one is one line here."""

from collections.abc import Sequence
from functools import partial

from queue_app.delivery.folder import MessageFolder
from queue_app.domain.ranges import Forecasts
from queue_app.jobs import (
    calls,
    day_ends,
    due_reminders,
    foretelling,
    holds,
    judging,
    learning,
    offers,
    retention,
    soon,
)
from queue_app.jobs.runner import Job
from queue_app.jobs.sending import Sender
from queue_app.jobs.ticket_printing import TicketPrinting

JOBS: tuple[Job, ...] = (
    Job("expire_holds", 10, holds.expire, of_the_hall=True),
    Job("offer_times", 15, offers.offer),
    Job("end_wishes", 60, offers.end),
    Job("admit_calls", 10, calls.admit, of_the_hall=True),
    Job("end_days", 10, day_ends.end, of_the_hall=True),
    Job("leave_desks", 10, day_ends.leave_desks, of_the_hall=True),
    Job("settle_appointments", 10, day_ends.settle_appointments, of_the_hall=True),
    Job("send_reminders", 10, due_reminders.send),
    Job("forget_people", 60, retention.forget_people),
    Job("drop_leftovers", 60, retention.drop_leftovers),
    Job("judge_promises", 10, judging.judge),
    Job("foretell_waits", 60, foretelling.foretell),
    Job("judge_foretold", 600, foretelling.judge),
    Job("learn_times", 60, learning.learn_times),
    Job("learn_habits", 60, learning.learn_all_habits),
    Job("correct_ranges", 60, learning.correct_all_ranges),
)


def with_delivery(
    sender: Sender,
    folder: MessageFolder,
    pusher: Sender | None = None,
    forecasts: Forecasts | None = None,
    paper: TicketPrinting | None = None,
) -> Sequence[Job]:
    """All of them, messages included. Each machine has a folder of its own. What `pusher` tells
    is of this minute, and so waits behind no letter; nor does what `paper` prints."""
    pushes = (
        (
            Job("tell_soon", 5, partial(soon.tell, forecasts)),
            Job("deliver_pushes", 1, pusher.deliver),
        )
        if pusher
        else ()
    )
    return (
        *JOBS,
        Job("deliver", 1, sender.deliver),
        *pushes,
        *((Job("print_tickets", 1, paper.run),) if paper else ()),
        Job("drop_letters", 600, partial(retention.drop_letters, folder), shared=False),
    )
