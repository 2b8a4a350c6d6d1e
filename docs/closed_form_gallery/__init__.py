"""The gallery of closed forms: functions with known derivatives, and what Wengert finds for them."""
