# Unpacks a release's archive, a gzipped tar on stdin, into our folder; place.sh goes on from there.
#
# ROOT FENCE RELEASE
#   an archive that is still on its way here for an earlier call is ended
# says unpacked (the folder, .releasemgr/incoming/RELEASE.FENCE)
# exits 64 74 75 76 77 79 82
plain "$3"
take_fence "$1" "$2"
unpacked=$OURS/incoming/$3.$FENCE
make_folder "$OURS/sessions"
end_recorded "$OURS/sessions/unpack" 0 || cannot_end "$OURS/sessions/unpack"
make_folder "$OURS/incoming"
! is_there "$unpacked" || discard "$unpacked"
try "make $unpacked" mkdir -- "$unpacked"
try "write $OURS/sessions/unpack" note "$OURS/sessions/unpack" "$FENCE"
let_go

empty_trash || :
# What could not be unpacked must not keep the disk full.
trap '[ $? = 0 ] || rm -rf -- "$unpacked"' EXIT
try "unpack $3" tar -xzpf - -C "$unpacked"
say unpacked "$unpacked"
