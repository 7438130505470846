"""Schedules pay a debt off to the fen, on working days, and the harvest's bullet is due in June."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from workflows.calendar import Calendar, announced
from workflows.calendar.calendar import day_of, end_of
from workflows.loans.accounts import Account, day_number
from workflows.loans.arrears import Bucket, Due, arrears, next_due, totals
from workflows.loans.schedules import (
    Instalment,
    equal_instalments,
    harvest_bullet,
    interest_then_bullet,
    monthly_due_dates,
    schedule_root,
)

PLAIN = Calendar({})
RATE = 48_000
DISBURSED = end_of(date(2026, 3, 2)) - 3_600

principals = st.integers(10_000, 10**11)
rates = st.integers(1_000, 240_000)
months = st.integers(1, 36)


def paid_on_time(principal: int, rate: int, schedule: list[Instalment]) -> Account:
    account = Account(principal, day_number(DISBURSED))
    for each in schedule:
        account, parts = account.pay(each.amount, rate, day_number(each.due_at))
        assert (parts.interest, parts.principal) == (each.interest, each.principal)
    return account


class TestEqualInstalments:
    @given(principals, rates, months)
    def test_leave_nothing_owed(self, principal: int, rate: int, count: int) -> None:
        schedule = equal_instalments(principal, rate, DISBURSED, monthly_due_dates(DISBURSED, count, PLAIN))
        account = paid_on_time(principal, rate, schedule)
        assert account.owed(rate, day_number(schedule[-1].due_at)).total == 0
        assert sum(each.principal for each in schedule) == principal

    @given(principals, rates, st.integers(2, 24))
    def test_are_equal_but_for_the_last_which_is_no_more(self, principal: int, rate: int, count: int) -> None:
        due = monthly_due_dates(DISBURSED, count, PLAIN)
        amounts = [each.amount for each in equal_instalments(principal, rate, DISBURSED, due)]
        assert len(set(amounts[:-1])) <= 1
        assert amounts[-1] <= amounts[0]

    def test_of_a_known_loan(self) -> None:
        due = monthly_due_dates(DISBURSED, 3, announced())
        schedule = equal_instalments(10_000_000, RATE, DISBURSED, due)
        assert [day_of(each.due_at) for each in schedule] == [date(2026, 4, 2), date(2026, 5, 6), date(2026, 6, 2)]
        assert [each.amount for each in schedule] == [3_360_842, 3_360_842, 3_360_841]


class TestBullets:
    @given(principals, rates, months)
    def test_interest_at_each_due_date_and_principal_at_the_last(self, principal: int, rate: int, count: int) -> None:
        due = monthly_due_dates(DISBURSED, count, PLAIN)
        schedule = interest_then_bullet(principal, rate, DISBURSED, due)
        assert [each.principal for each in schedule[:-1]] == [0] * (len(schedule) - 1)
        assert schedule[-1].principal == principal
        assert paid_on_time(principal, rate, schedule).principal == 0

    def test_the_harvests_is_due_at_the_end_of_june(self) -> None:
        schedule = harvest_bullet(2_392_400, RATE, DISBURSED, 2, PLAIN)
        assert [day_of(each.due_at) for each in schedule] == [date(2026, 6, 30), date(2027, 6, 30)]
        late = harvest_bullet(2_392_400, RATE, end_of(date(2026, 6, 3)), 1, PLAIN)
        assert [day_of(each.due_at) for each in late] == [date(2027, 6, 30)]

    def test_on_a_day_off_is_due_on_the_next_working_day(self) -> None:
        """30 June 2029 is a Saturday."""
        schedule = harvest_bullet(2_392_400, RATE, end_of(date(2029, 1, 5)), 1, PLAIN)
        assert day_of(schedule[0].due_at) == date(2029, 7, 2)


class TestDueDates:
    def test_are_the_same_day_of_the_month_or_its_last(self) -> None:
        start = end_of(date(2026, 1, 31)) - 60
        found = [day_of(each) for each in monthly_due_dates(start, 4, PLAIN)]
        assert found == [date(2026, 3, 2), date(2026, 3, 31), date(2026, 4, 30), date(2026, 6, 1)]

    def test_may_be_quarterly(self) -> None:
        assert len(monthly_due_dates(DISBURSED, 12, PLAIN, every=3)) == 4


def test_the_root_commits_to_every_part() -> None:
    schedule = [Instalment(DISBURSED, 10, 100)]
    salt = bytes(32)
    assert schedule_root(salt, schedule) != schedule_root(salt, [Instalment(DISBURSED, 11, 99)])
    assert schedule_root(salt, schedule) != schedule_root(b"\1" * 32, schedule)


class TestArrears:
    SCHEDULE = totals([(end_of(date(2026, 4, 2)), 1_000), (end_of(date(2026, 5, 1)), 2_000)])
    ACCOUNT = Account(2_900, day_number(DISBURSED))

    def test_begin_the_second_after_the_due_day(self) -> None:
        due = self.SCHEDULE[0].due_at
        assert arrears(self.ACCOUNT, RATE, self.SCHEDULE, PLAIN, due).days_past_due == 0
        found = arrears(self.ACCOUNT, RATE, self.SCHEDULE, PLAIN, due + 1)
        assert (found.overdue, found.since, found.days_past_due) == (1_000, due, 1)

    def test_of_a_due_date_on_a_day_off_begin_after_the_next_working_day(self) -> None:
        """1 May 2026 begins the holiday, which ends on the 5th."""
        paid, _ = self.ACCOUNT.pay(1_000, RATE, day_number(self.SCHEDULE[0].due_at))
        for day, late in ((date(2026, 5, 6), 0), (date(2026, 5, 7), 1)):
            assert arrears(paid, RATE, self.SCHEDULE, announced(), end_of(day)).days_past_due == late

    def test_fall_into_buckets(self) -> None:
        first = day_of(self.SCHEDULE[0].due_at).toordinal()
        for days, bucket in ((0, "CURRENT"), (1, "1-30"), (30, "1-30"), (31, "31-90"), (90, "31-90"), (91, ">90")):
            at = end_of(date.fromordinal(first + days))
            found = arrears(self.ACCOUNT, RATE, self.SCHEDULE, PLAIN, at)
            assert (found.bucket, found.non_performing) == (Bucket(bucket), days > 90)

    def test_end_with_the_debt(self) -> None:
        day = day_number(self.SCHEDULE[0].due_at)
        paid, _ = self.ACCOUNT.pay(self.ACCOUNT.owed(RATE, day).total, RATE, day)
        assert arrears(paid, RATE, self.SCHEDULE, PLAIN, self.SCHEDULE[-1].due_at + 10**8).overdue == 0

    @given(st.integers(1, 3_000), st.integers(0, 400))
    def test_are_never_more_than_the_debt(self, paid: int, later: int) -> None:
        due = self.SCHEDULE[0].due_at
        day = day_number(due)
        account, _ = self.ACCOUNT.pay(min(paid, self.ACCOUNT.owed(RATE, day).total), RATE, day)
        now = due + later * 86_400 + 1
        found = arrears(account, RATE, self.SCHEDULE, PLAIN, now)
        assert found.overdue <= account.owed(RATE, day_number(now)).total
        assert (found.overdue == 0) == (found.days_past_due == 0)

    def test_the_next_due_date_is_the_first_not_covered(self) -> None:
        now = DISBURSED
        assert next_due(self.ACCOUNT, self.SCHEDULE, now) == self.SCHEDULE[0]
        part, _ = self.ACCOUNT.pay(1_400, RATE, day_number(now))
        assert next_due(part, self.SCHEDULE, now) == Due(self.SCHEDULE[1].due_at, 1_600, 3_000)
        assert next_due(part, self.SCHEDULE, self.SCHEDULE[1].due_at + 1) is None
