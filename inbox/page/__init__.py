"""The page where agents work: HTML that is whole without JavaScript and quicker with it."""
