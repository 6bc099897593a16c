
# bpftool's commands: osmia itself tells what may come next.
_osmia_tool() {
    local -a found
    local line
    for line in "${(@f)$(osmia __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        [[ -n $line ]] && found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
    done
    if (( ${#found} )); then _describe -t words word found; else _files; fi
}
_osmia_either() {
    case "$words[2]" in
        prog|map|link|cgroup|perf|net|feature|btf|gen|struct_ops|iter|token|batch)
            (( CURRENT > 2 )) && { _osmia_tool; return; } ;;
    esac
    _osmia "$@"
}
compdef _osmia_either osmia
compdef _osmia_tool bpftool
