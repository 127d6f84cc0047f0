namespace Handoff.Cli.Completion;

/// <summary>What shells need to complete command lines: each asks the program itself, so that scripts and program always agree.</summary>
internal static class ShellScripts
{
    // bash cuts words at = and : too, so the line is cut again; what precedes the part that bash replaces is taken off each candidate.
    private const string Bash = """
        # Completion of handoff for bash.
        _handoff() {
            local line=${COMP_LINE:0:COMP_POINT} current=$2 flags word prefix
            local -a words=()
            COMPREPLY=()
            read -ra words <<<"$line"
            [[ $line == *[[:space:]] || ${#words[@]} -eq 0 ]] && words+=('')
            word=${words[${#words[@]} - 1]}
            [[ $current != '=' && $current != ':' ]] || current=
            prefix=${word%"$current"}
            {
                IFS= read -r flags || return
                while IFS=$'\t' read -r word _; do
                    COMPREPLY+=("${word#"$prefix"}")
                done
            } < <("${1/#\~/$HOME}" completion --words -- "${words[@]:1}" 2>/dev/null)
            if [[ $flags == *files* ]]; then
                compopt -o filenames 2>/dev/null
                while IFS= read -r word; do
                    COMPREPLY+=("$word")
                done < <(compgen -f -- "$current")
            fi
            if [[ $flags == *nospace* || ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]]; then
                compopt -o nospace 2>/dev/null
            fi
        }
        complete -F _handoff handoff

        """;

    private const string Zsh = """
        #compdef handoff
        # Completion of handoff for zsh.
        _handoff() {
            local -a answer candidates shown
            local line flags
            answer=("${(@f)$("${(Q)words[1]}" completion --words -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
            flags=${answer[1]}
            for line in "${(@)answer[2,-1]}"; do
                [[ -n $line ]] || continue
                candidates+=("${line%%$'\t'*}")
                shown+=("${${line%%$'\t'*}##*,}${${line#*$'\t'}:+  -- ${line#*$'\t'}}")
            done
            local -a space
            [[ $flags != *nospace* ]] || space=(-S '')
            (( ! $#candidates )) || compadd "${space[@]}" -l -d shown -a -- candidates
            if [[ $flags == *files* ]]; then
                compset -P '--*='
                _files
            fi
            (( $#candidates )) || [[ $flags == *files* ]]
        }
        if [[ ${funcstack[1]-} == _handoff ]]; then _handoff "$@"; else compdef _handoff handoff; fi

        """;

    private const string Fish = """
        # Completion of handoff for fish.
        function __handoff_complete
            set -l words (commandline -opc)
            set -l current (commandline -ct)
            set -l answer ($words[1] completion --words -- $words[2..-1] "$current" 2>/dev/null)
            string match -qr files -- "$answer[1]"; and __fish_complete_path "$current"
            for line in $answer[2..-1]
                echo $line
            end
        end
        complete -c handoff -f -a '(__handoff_complete)'

        """;

    /// <summary>The shells.</summary>
    public static IReadOnlyList<string> Shells { get; } = ["bash", "zsh", "fish"];

    /// <summary>The script for a shell; <see langword="null"/> for a shell that is not known.</summary>
    public static string? Find(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => null,
    };
}
