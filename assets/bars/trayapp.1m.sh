#!/bin/sh
# For xbar, SwiftBar and Argos: put it into their folder of plugins, and make it executable.
PATH="$PATH:$HOME/.local/bin:/usr/local/bin:/opt/homebrew/bin"
exec trayapp today --max-age 60 --format xbar
