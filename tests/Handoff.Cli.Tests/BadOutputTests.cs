using System.Diagnostics;
using Handoff.Cli.Tests.Formats;

namespace Handoff.Cli.Tests;

/// <summary>Outputs that end early: full disks, disks that cannot be written, readers that leave, Ctrl-C. Nothing half-written stays.</summary>
public sealed class BadOutputTests : IDisposable
{
    private static readonly string[] Printing =
    [
        "check good.litmus --format sarif", "check good.litmus --format ktap", "report trace", "dump trace", "replay trace --json", "help --man", "completion bash", "--version",
    ];

    private readonly LitmusFolder _folder = new();

    public BadOutputTests() => Directory.CreateSymbolicLink(_folder.In("trace"), $"{AppContext.BaseDirectory}/Recordings/arm64-nc-small");

    public static TheoryData<string> Prints => [.. Printing];

    /// <summary>Every verb that writes files, and the file.</summary>
    public static TheoryData<string, string> Writes => new()
    {
        { "check good.litmus --html", "page.html" },
        { "explain good.litmus --html", "page.html" },
        { "explain good.litmus --save-witness", "story.json" },
        { "report trace --html", "page.html" },
        { "replay trace --html", "page.html" },
        { "size trace --html", "page.html" },
        { "slice trace/trace.dat -o", "new.dat" },
        { "slice trace -o", "newdir" },
        { "redact trace/trace.dat -o", "new.dat" },
        { "redact trace -o", "newdir" },
    };

    [Theory]
    [MemberData(nameof(Prints))]
    public void A_full_disk_behind_standard_output_is_told_and_a_reader_that_leaves_is_no_error(string line)
    {
        var (code, output, error) = Shell($"handoff {line} | head -c 1 >/dev/null; echo ${{PIPESTATUS[0]}}; handoff {line} >/dev/full");
        Assert.Contains(output, (string[])["0\n", "1\n"]);
        Assert.Equal(((int)ExitCode.CannotWrite, "handoff: cannot write the output: No space left on device\n"), (code, error));
    }

    [Theory]
    [MemberData(nameof(Writes))]
    public void A_full_disk_keeps_what_was_there_and_nothing_else(string line, string file)
    {
        // A file system with room for one page of memory, which the old contents take.
        bool isNew = file == "newdir"; // directories are never replaced
        string script = isNew
            ? $"printf x >disk/full; handoff {line} disk/{file} >/dev/null; code=$?; ls -A disk; exit $code"
            : $"printf 'old contents\n' >disk/{file}; handoff {line.Replace(" -o", " --force -o", StringComparison.Ordinal)} disk/{file} >/dev/null; code=$?; ls -A disk; cat disk/{file}; exit $code";
        var (code, output, error) = Mounted("size=4k", script);
        Assert.Equal(((int)ExitCode.CannotWrite, isNew ? "full\n" : $"{file}\nold contents\n"), (code, output));
        Assert.Contains("cannot be written: No space left on device", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check good.litmus --html", "page.html")]
    [InlineData("slice trace/trace.dat -o", "new.dat")]
    [InlineData("redact trace -o", "newdir")]
    public void A_disk_that_cannot_be_written_is_told(string line, string file)
    {
        var (code, output, error) = Mounted("ro", $"handoff {line} disk/{file} >/dev/null; code=$?; ls -A disk; exit $code");
        Assert.Equal(((int)ExitCode.CannotWrite, ""), (code, output));
        Assert.Contains($"disk/{file}: cannot be written: Read-only file system", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("report - --html page.html")]
    [InlineData("dump -")]
    [InlineData("slice - -o new.dat")]
    [InlineData("check -")]
    public void Ctrl_C_while_nothing_comes_ends_at_once(string line)
    {
        var (code, output, error) = Shell(
            $"mkfifo in; handoff dump trace | head -n 500 >text; env --default-signal=INT handoff {line} <in >out 2>err & exec 3>in; cat text >&3; sleep 1.5; kill -INT $!; wait $!; echo $?; tail -n 1 err >&2; ls -A | grep -E 'new|tmp|page' || true");
        Assert.Equal((0, "4\n"), (code, output));
        Assert.EndsWith("handoff: interrupted while waiting for standard input\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_page_goes_into_a_pipe_that_stays_one()
    {
        var (code, output, error) = Shell("mkfifo pipe; (cat pipe >page; head -c 15 page; echo) & handoff report trace --no-replay --html pipe >/dev/null; code=$?; wait; test -p pipe && ls -A; exit $code");
        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith("<!doctype html>", output, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("pipe", output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    // A small or read-only file system needs rights that not every machine gives.
    private (int Code, string Output, string Error) Mounted(string options, string script)
    {
        Directory.CreateDirectory(_folder.In("disk"));
        Assert.SkipUnless(Shell("unshare -rm mount -t tmpfs none disk").Code == 0, "file systems cannot be mounted here");
        File.WriteAllText(_folder.In("script"), $"mount -t tmpfs -o {options} none disk || exit 99\n{script}\n");
        return Shell("unshare -rm bash ./script");
    }

    private (int Code, string Output, string Error) Shell(string script)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { UseShellExecute = false, WorkingDirectory = _folder.Path, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = $"{AppContext.BaseDirectory}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!Task.WaitAll([output, error], TimeSpan.FromSeconds(60)) || !process.WaitForExit(1_000))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail("the program did not end");
        }

        return (process.ExitCode, output.Result, error.Result);
    }
}
