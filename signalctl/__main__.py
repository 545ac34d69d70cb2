"""`python -m signalctl`."""

from signalctl.cli import main

main()
