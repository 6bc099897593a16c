
# bpftool's commands: osmia itself tells what may come next.
function __osmia_tool
    set -l words (commandline -opc)
    osmia __complete $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c bpftool -a '(__osmia_tool)'
complete -c osmia -n '__fish_seen_subcommand_from prog map link cgroup perf net feature btf gen struct_ops iter token batch' -a '(__osmia_tool)'
