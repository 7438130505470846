"""`python -m scripts` is `chaqi`."""

from scripts.chaqi import main

main()
