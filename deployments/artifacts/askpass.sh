#!/bin/sh
# Answers git's questions for a user name and a password from two 0600 files.
# git gives the question as the only argument; the folder's name is all the environment knows.
case $1 in
    Username*) exec cat -- "$RELEASEMGR_LOGIN/user" ;;
    Password*) exec cat -- "$RELEASEMGR_LOGIN/password" ;;
esac
exit 1
