"""What all pages share: requests, templates, assets, the login, and the routes of the inbox."""
