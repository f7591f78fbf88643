"""Where a defect of the program shows, without any value: what people plan is their secret."""

from __future__ import annotations


def where(error: Exception) -> str:
    """The innermost place of an error: file, line and function."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        place = f"{code.co_filename.rpartition('/')[2]}:{trace.tb_lineno} {code.co_name}"
        trace = trace.tb_next
    return place
