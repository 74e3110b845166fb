"""Check the installation and the machine, and show the commands that fix what is missing."""
