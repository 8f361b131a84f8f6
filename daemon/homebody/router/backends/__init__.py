"""Model servers, one file each, all keeping the promises of `Backend`."""
