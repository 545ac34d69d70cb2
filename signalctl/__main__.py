"""The command `signalctl`, which is also `python -m signalctl`."""

from signalctl.garbage import look_rarely


def main() -> None:
    """Start the command line. What is imported lives for ever: looking for garbage in it is a tenth of the start."""
    look_rarely()
    from signalctl.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
