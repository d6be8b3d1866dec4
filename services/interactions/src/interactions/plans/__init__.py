"""What is planned with a customer: visits, calls, meetings, surveys, and care for who has not complained."""
