
# bpftool's commands: osmia itself tells what may come next.
_osmia_tool() {
    local IFS=$'\n'
    COMPREPLY=($(osmia __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
    [[ ${#COMPREPLY[@]} -gt 0 ]] || compopt -o default 2>/dev/null
}
_osmia_either() {
    case "${COMP_WORDS[1]}" in
        prog|map|link|cgroup|perf|net|feature|btf|gen|struct_ops|iter|token|batch)
            [[ $COMP_CWORD -gt 1 ]] && { _osmia_tool; return; } ;;
    esac
    _osmia "$@"
}
complete -F _osmia_either -o bashdefault -o default osmia
complete -F _osmia_tool -o default bpftool
