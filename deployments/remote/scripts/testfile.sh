# Puts a small file of ours into the live version's public folder, or takes it away: by replacing it
# the doctor sees whether the web server keeps files open (open_file_cache). Its name is random.
#
# ROOT PUBLIC NAME TEXT: an empty TEXT takes it away; PUBLIC is relative to the version, or empty
# says written (1), or removed (1); what an earlier run left more than ten minutes ago goes too
# exits 64 74 77 78 79 82
use_root "$1"
case $3 in
releasemgr-check-*[!a-z0-9.-]*) fail 64 "'$3' is no name of a test file." ;;
releasemgr-check-*.txt) ;;
*) fail 64 "'$3' is no name of a test file." ;;
esac
case /$2/ in */../*) fail 64 "'$2' is no folder of a version." ;; esac

for folder in "$ROOT"/releases/*/"$2" "$ROOT/current/$2"; do
    [ -d "$folder" ] || continue
    find "$folder/" -maxdepth 1 -name 'releasemgr-check-*.txt*' -mmin +10 \
        -exec rm -f -- {} + 2>/dev/null
    [ -n "$4" ] || rm -f -- "$folder/$3" "$folder/$3.new" 2>/dev/null
done
[ -n "$4" ] || { say removed 1 && exit 0; }
folder=$ROOT/current/$2
{ [ -n "$CURRENT" ] && [ -d "$folder" ]; } || fail 78 "No version is live in $ROOT yet."
put "$folder/$3" 0644 "$4"
say written 1
