using System.Diagnostics;

namespace Handoff.Cli.Tests;

/// <summary>The program as a process: pipes, signals, full disks, environment.</summary>
public sealed class ProcessTests
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "handoff");

    [Fact]
    public void A_reader_that_leaves_early_is_no_error()
    {
        var (code, output, error) = Shell("\"$HANDOFF\" kernels | head -n 1; echo ${PIPESTATUS[0]}");
        Assert.Equal((0, "Kernels\n0\n", ""), (code, output, error));
    }

    [Fact]
    public void A_closed_output_is_no_crash()
    {
        var (code, _, error) = Shell("\"$HANDOFF\" kernels >&-");
        Assert.Equal(((int)ExitCode.CannotWrite, "handoff: cannot write the output: Bad file descriptor\n"), (code, error));
        Assert.Equal((int)ExitCode.Usage, Shell("\"$HANDOFF\" chekc 2>&-").Code);
    }

    [Fact]
    public void A_full_disk_is_reported()
    {
        var (code, _, error) = Shell("\"$HANDOFF\" kernels >/dev/full");
        Assert.Equal((int)ExitCode.CannotWrite, code);
        Assert.StartsWith("handoff: cannot write the output: ", error, StringComparison.Ordinal);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void Results_and_messages_go_to_different_places()
    {
        var (code, output, error) = Shell("\"$HANDOFF\" chekc 2>/dev/null; \"$HANDOFF\" --version 2>&1 >/dev/null");
        Assert.Equal((0, "", ""), (code, output, error));
    }

    [Fact]
    public void No_escapes_into_a_pipe_whatever_the_terminal() =>
        Assert.DoesNotContain('\e', Shell("TERM=xterm-256color \"$HANDOFF\" --help; TERM=xterm-256color \"$HANDOFF\" chekc 2>&1").Output);

    [Fact]
    public void Colours_can_be_forced_and_forbidden()
    {
        Assert.Contains('\e', Shell("CLICOLOR_FORCE=1 \"$HANDOFF\" --help").Output);
        Assert.DoesNotContain('\e', Shell("NO_COLOR=1 CLICOLOR_FORCE=1 \"$HANDOFF\" --help").Output);
    }

    [Fact]
    public void The_width_follows_the_environment()
    {
        string narrow = Shell("COLUMNS=50 \"$HANDOFF\" kernels").Output, wide = Shell("COLUMNS=200 \"$HANDOFF\" kernels").Output;
        Assert.InRange(narrow.Split('\n').Where(line => line.StartsWith("  linux", StringComparison.Ordinal)).Max(line => line.Length), 30, 50);
        Assert.True(wide.Split('\n').Length < narrow.Split('\n').Length);
    }

    [Fact]
    public void Ctrl_C_shows_what_is_known()
    {
        // The program opens the pipe itself, so it listens to signals before a byte of the test is written. The test has
        // more orders of steps than any machine counts. Job control and env, because background programs ignore SIGINT.
        var threads = string.Concat(Enumerable.Range(0, 8).Select(t => $"thread t{t} {{ {string.Concat(Enumerable.Range(0, 16).Select(s => $"b.{(s % 2 == 0 ? "write" : "read")}(); "))}}}\\n"));
        string text = $"litmus \"long\"\\nmachine {{ line 64 }}\\ndevice d {{ dma_mask 64; coherent; force_bounce no }}\\nbuffer b = page(64);\\n{threads}";
        var (code, output, error) = Shell(
            "set -m 2>/dev/null; mkfifo $DIR/long.litmus; env --default-signal=INT \"$HANDOFF\" check $DIR/long.litmus --max-states 1G >$DIR/out & exec 3>$DIR/long.litmus; " +
            $"printf '{text}' >&3; exec 3>&-; kill -INT $!; wait $!; echo $?; cat $DIR/out");
        Assert.DoesNotContain("handoff:", error, StringComparison.Ordinal); // bash tells about the job
        Assert.Equal(0, code);
        Assert.StartsWith("4\n", output, StringComparison.Ordinal);
        Assert.Contains("1 inconclusive", output, StringComparison.Ordinal);
        Assert.EndsWith("interrupted\n", output, StringComparison.Ordinal);
    }

    private static (int Code, string Output, string Error) Shell(string script)
    {
        string directory = Directory.CreateTempSubdirectory("handoff-process-").FullName;
        try
        {
            var start = new ProcessStartInfo("bash", ["-c", script]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
            foreach (string name in (string[])["NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"])
                start.Environment.Remove(name);
            start.Environment["HANDOFF"] = Program;
            start.Environment["DIR"] = directory;
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
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
