using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Handoff.Cli.Tests.Completion;

/// <summary>The scripts in the shells they are for: what is typed, a TAB, and what the line is then.</summary>
public sealed partial class ShellTests : IDisposable
{
    // Typed at a prompt in a directory with the files below; after it, a space where the word is complete.
    private static readonly (string Typed, string Becomes)[] Lines =
    [
        ("handoff ch", "handoff check "),
        ("handoff check --kern", "handoff check --kernel "),
        ("handoff check --kernel linux-6.4,linux-6.12+mari", "handoff check --kernel linux-6.4,linux-6.12+marinas"),
        ("handoff check --kernel=linux-6.4,+mari", "handoff check --kernel=linux-6.4,+marinas"),
        ("handoff check --on=nonc", "handoff check --on=noncoherent"),
        ("handoff check --format sa", "handoff check --format sarif "),
        ("handoff check my", "handoff check mytest.litmus "),
        ("handoff report tracedir --device 0000:00:08", "handoff report tracedir --device 0000:00:08.0"),
        ("handoff completion fi", "handoff completion fish "),
    ];

    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-shells-").FullName;

    public ShellTests()
    {
        File.WriteAllText(In("mytest.litmus"), "litmus \"t\"\n");
        Directory.CreateSymbolicLink(In("tracedir"), $"{AppContext.BaseDirectory}/Recordings/x86-force-512");
        foreach (string shell in (string[])["bash", "zsh", "fish"])
            File.WriteAllText(In("complete." + shell), Run.Of("completion", shell).Out);
    }

    [Fact]
    public void Bash_completes()
    {
        File.WriteAllText(In("rc"), "PS1='askme> '\nsource ./complete.bash\nbind 'set bell-style none'\nbind 'set enable-bracketed-paste off'\nbind -x '\"\\C-x\\C-p\": printf \"<<%s>>\\n\" \"$READLINE_LINE\"'\n");
        Type("bash", "bash --noprofile --rcfile rc -i", kill: "\u0015");
    }

    [Fact]
    public void Zsh_completes()
    {
        File.WriteAllText(In(".zshrc"), "PS1='askme> '\nautoload -Uz compinit\ncompinit -D -u\nsource ./complete.zsh\nunsetopt beep\nshow() { print -r -- \"<<$BUFFER>>\"; BUFFER=; }\nzle -N show\nbindkey '^X^P' show\n");
        Type("zsh", "zsh -d -i", kill: "");
    }

    [Fact]
    public void Zsh_loads_it_as_a_function_too()
    {
        Assert.SkipUnless(Has("zsh"), "there is no zsh");
        File.Move(In("complete.zsh"), In("_handoff"));
        File.WriteAllText(In("complete.zsh"), "fpath=($PWD $fpath)\ncompinit -D -u\n");
        Zsh_completes();
    }

    [Fact]
    public void Fish_completes()
    {
        Assert.SkipUnless(Has("fish"), "there is no fish");
        foreach (var (typed, becomes) in Lines)
        {
            string words = Shell($"fish --no-config -c \"source complete.fish; complete -C '{typed}'\"");
            string word = becomes.TrimEnd().Split(' ')[^1];
            Assert.Contains(word, words.Split('\n').Select(static line => line.Split('\t')[0]));
            Assert.All(words.TrimEnd('\n').Split('\n'), line => Assert.StartsWith(typed.Split(' ')[^1], line, StringComparison.Ordinal));
        }

        Assert.Contains("check\tExplore every behaviour", Shell("fish --no-config -c \"source complete.fish; complete -C 'handoff '\""), StringComparison.Ordinal);
    }

    [Fact]
    public void Scripts_have_no_mistakes_of_syntax()
    {
        Shell("bash -n complete.bash");
        if (Has("zsh"))
            Shell("zsh -n complete.zsh");
        if (Has("fish"))
            Shell("fish --no-execute complete.fish");
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    // script(1) gives the shell a terminal. Each line is typed, completed, shown by a key of its own, and wiped.
    private void Type(string shell, string command, string kill)
    {
        Assert.SkipUnless(Has(shell), $"there is no {shell}");
        Assert.SkipUnless(Has("script"), "there is no script(1), which gives shells a terminal");
        File.WriteAllText(In("keys"), string.Concat(Lines.Select(line => $"{line.Typed}\t\u0018\u0010{kill}")) + "\u0004");
        // The terminal belongs to the shell once it prompts.
        string output = Shell(
            $": >out; mkfifo in; script -qfec '{command}' /dev/null <in >>out & exec 3>in; for i in {{1..200}}; do grep -q 'askme> ' out && break; sleep 0.05; done; sleep 0.2; cat keys >&3; "
            + $"for i in {{1..400}}; do [[ $(grep -o '>>' out | wc -l) -ge {Lines.Length} ]] && break; sleep 0.05; done; exec 3>&-; kill $! 2>/dev/null; wait; cat out");
        Assert.Equal(Lines.Select(static line => line.Becomes), Shown().Matches(output).Select(static match => match.Groups[1].Value));
    }

    private string In(string name) => Path.Combine(_directory, name);

    private bool Has(string program) => Shell($"command -v {program} || true").Length > 0;

    private string Shell(string script)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { UseShellExecute = false, WorkingDirectory = _directory, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{AppContext.BaseDirectory}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment["HOME"] = start.Environment["ZDOTDIR"] = _directory;
        start.Environment["TERM"] = "xterm";
        start.Environment["COLUMNS"] = "200";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(60_000))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail("the shell did not end");
        }

        Assert.Equal((0, ""), (process.ExitCode, error.Result));
        return output.Result;
    }

    [GeneratedRegex("<<(handoff[^>]*)>>")]
    private static partial Regex Shown();
}
