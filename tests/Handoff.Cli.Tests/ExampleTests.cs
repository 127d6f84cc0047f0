using System.Diagnostics;
using Handoff.Cli.Tests.Traces;
using Handoff.Cli.Verbs;

namespace Handoff.Cli.Tests;

/// <summary>Every example of every verb's help is run as it stands, where the files that it names lie.</summary>
public sealed class ExampleTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("handoff-examples-").FullName;

    private readonly FakeMachine _machine = new(); // for the verb that looks at the machine itself

    public ExampleTests()
    {
        foreach (string name in (string[])["litmus", "tests"])
            Directory.CreateSymbolicLink(Path.Combine(_directory, name), Path.Combine(RepositoryRoot(), name));
        foreach (string name in (string[])[".local/share/bash-completion/completions", ".local/share/zsh-functions", ".config/fish/completions"])
            Directory.CreateDirectory(Path.Combine(_directory, name));
        File.Copy(TraceFiles.Dat, Path.Combine(_directory, "trace.dat"));
    }

    public static TheoryData<string> Lines => [.. VerbList.Create().SelectMany(static verb => verb.Examples).Select(static example => example.Line)];

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task Examples_work(string line)
    {
        var start = new ProcessStartInfo("bash", ["-c", $"\"$HANDOFF\" {line}"]) { UseShellExecute = false, WorkingDirectory = _directory, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = _directory;
        start.Environment["HANDOFF"] = Path.Combine(AppContext.BaseDirectory, "handoff");
        start.Environment["HANDOFF_SYSTEM_ROOT"] = _machine.Root;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        string messages = await error;
        Assert.True(process.ExitCode is (int)ExitCode.AsExpected or (int)ExitCode.Differs, $"exit code {process.ExitCode}: {messages}");
        if (line.Split('>') is [_, var file])
            output = await File.ReadAllTextAsync(file.Replace("~", _directory, StringComparison.Ordinal) is ['/', ..] home ? home : Path.Combine(_directory, file), TestContext.Current.CancellationToken);
        Assert.NotEmpty(output);
        Assert.Empty(messages);
    }

    public void Dispose()
    {
        Directory.Delete(_directory, recursive: true);
        _machine.Dispose();
    }

    internal static string RepositoryRoot()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Handoff.slnx")))
                return at.FullName;
        }

        throw new DirectoryNotFoundException("no Handoff.slnx above the test program");
    }
}
