"""The stores that come with the package, one file each; imported when a setting names them."""
