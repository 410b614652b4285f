"""Value and levers become outcomes: what if retention, price or cost were different."""
