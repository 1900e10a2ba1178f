"""`python -m aigov`."""

from aigov.cli import main

if __name__ == "__main__":
    main()
