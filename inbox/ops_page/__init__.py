"""The page where operators see and mend everything: plain HTML, whole without JavaScript."""
