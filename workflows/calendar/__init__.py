"""Working days of China: what the law counts in days, as instants. The twin of `contracts/Calendar.sol`."""

from workflows.calendar.announced import announced, latest_year
from workflows.calendar.calendar import Calendar

__all__ = ["Calendar", "announced", "latest_year"]
