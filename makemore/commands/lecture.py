"""`makemore lecture`."""

from makemore.commands import flags
from makemore.commands.messages import reports_errors
from makemore.errors import UsageError


@reports_errors
def lecture(
    number: flags.LectureArgument = None,
    names: flags.NamesOption = None,
    as_json: flags.JsonOption = False,
) -> None:
    """See the figures of a lecture again: its own recipe and seed, beside what it told."""
    if number is None and names is not None:
        raise UsageError("--names goes with a lecture: give its number too.")
    from makemore.commands import console
    from makemore.lectures.course import Course, replay

    shown = Course() if number is None else replay(number, names)

    if as_json:
        for one in shown.to_json():
            console.print_json(one)
    else:
        console.show(shown)
