"""Equipment (设备): what kinds a base has, and the units of each that a booking can take."""
