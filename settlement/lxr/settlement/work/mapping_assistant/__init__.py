"""The mapping assistant: from an export alone to a mapping that reads it, with a question for all that means money."""
