"""The API of customers and their people: routes by subject, and the one place that lets them in."""
