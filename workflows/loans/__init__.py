"""Loans, the off-chain half: schedules, statements, the ladder of cover, and what a bank reports. All of it pure."""
