DROP VIEW addresses_of_channels;
