using System.Diagnostics;
using Handoff.Cli.Verbs;

namespace Handoff.Cli.Tests;

/// <summary>The manual page: complete, and without mistakes where there is a program that finds them.</summary>
public sealed class ManualTests
{
    [Fact]
    public void It_has_every_verb_option_example_and_exit_code()
    {
        string page = Run.Of("help", "--man").Out.Replace("\\-", "-", StringComparison.Ordinal).Replace("\\(ti", "~", StringComparison.Ordinal).Replace("\\[u2026]", "…", StringComparison.Ordinal);
        Assert.StartsWith(".TH HANDOFF 1 2", page, StringComparison.Ordinal);
        foreach (var verb in VerbList.Create())
        {
            Assert.Contains($".SS \\fBhandoff {verb.Name}\\fR", page, StringComparison.Ordinal);
            foreach (var option in verb.Options.Where(static option => !option.Hidden))
                Assert.Contains($"\\fB{option.Name}\\fR", page, StringComparison.Ordinal);
            foreach (var example in verb.Examples)
                Assert.Contains($"\nhandoff {example.Line}\n", page, StringComparison.Ordinal);
        }

        foreach (var code in Enum.GetValues<ExitCode>().Where(static code => code != ExitCode.Internal))
            Assert.Contains($".TP\n\\fB{(int)code}\\fR\n", page, StringComparison.Ordinal);
        Assert.All(Run.Of("help", "--man").Out, static sign => Assert.True(sign < 0x80));
    }

    [Theory]
    [InlineData("mandoc", "mandoc -Tlint -W warning handoff.1")]
    [InlineData("man", "LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l handoff.1 2>&1 >/dev/null")]
    public void Programs_that_read_it_find_no_mistake(string program, string command)
    {
        string directory = Directory.CreateTempSubdirectory("handoff-manual-").FullName;
        try
        {
            File.WriteAllText(Path.Combine(directory, "handoff.1"), Run.Of("help", "--man").Out);
            Assert.SkipUnless(Shell(directory, $"command -v {program}").Code == 0, $"there is no {program}");
            Assert.Equal((0, ""), Shell(directory, command));
            File.AppendAllText(Path.Combine(directory, "handoff.1"), ".XX\n.fi\n.RE\n");
            Assert.NotEqual((0, ""), Shell(directory, command)); // it does look
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void Help_is_help()
    {
        Assert.Equal(Run.Of("--help"), Run.Of("help"));
        foreach (var verb in VerbList.Create())
            Assert.Equal(Run.Of(verb.Name, "--help"), Run.Of("help", verb.Name));
    }

    private static (int Code, string Output) Shell(string directory, string script)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { UseShellExecute = false, WorkingDirectory = directory, RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output);
    }
}
