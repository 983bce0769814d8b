"""The outside world: SFTP servers, landing zone, lake, warehouse, mail, clock."""
