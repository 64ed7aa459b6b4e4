"""What people can do, without HTTP: used by the API and by the page alike."""
