"""Rules of filing at court (申请执行): which court, until when, with which papers."""
