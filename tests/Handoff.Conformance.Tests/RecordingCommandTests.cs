using System.Text;
using Handoff.Conformance.Recordings;

namespace Handoff.Conformance.Tests;

/// <summary>What <c>conform recording</c> makes of its arguments.</summary>
public sealed class RecordingCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("conform").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_directory_above_means_all_recordings_below_it()
    {
        Place("b/second", "x86-force-512");
        Place("a", "arm64-nc-small");
        Directory.CreateDirectory(Path.Combine(_directory, "notes", "older"));
        Directory.CreateDirectory(Path.Combine(_directory, "trace only"));
        File.WriteAllText(Path.Combine(_directory, "trace only", "trace.txt"), "");
        Directory.CreateSymbolicLink(Path.Combine(_directory, "b", "round"), _directory);
        (int code, string output, string error) = Run(_directory);
        Assert.Equal(ExitCodes.Ok, code);
        Assert.Equal(["recording", "a", "second", "all"], output.Split('\n').TakeWhile(static l => l.Length > 0).Select(static l => l.Split(' ')[0]));
        Assert.Equal(
            [
                $"conform: {Path.Combine(_directory, "notes")}: holds no recording; left out",
                $"conform: {Path.Combine(_directory, "trace only")}: has a trace but no machine.txt, so that its machine is not known; left out",
            ],
            error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>A directory that was named and holds none is a mistake; the others are judged all the same.</summary>
    [Fact]
    public void A_named_directory_without_a_recording_is_bad_input()
    {
        Place("a", "arm64-nc-small");
        Directory.CreateDirectory(Path.Combine(_directory, "empty"));
        string empty = Path.Combine(_directory, "empty");
        (int code, string output, string error) = Run(empty, Path.Combine(_directory, "a"));
        Assert.Equal((ExitCodes.BadInput, $"conform: {empty}: holds no recording, nor does a directory below it\n"), (code, error));
        Assert.Contains("\na  ", output, StringComparison.Ordinal);
        (code, output, error) = Run(empty);
        Assert.Equal((ExitCodes.BadInput, "", $"conform: {empty}: holds no recording, nor does a directory below it\n"), (code, output, error));
    }

    [Fact]
    public void What_is_no_directory_is_bad_input()
    {
        (int code, _, string error) = Run(Path.Combine(_directory, "gone"));
        Assert.Equal((ExitCodes.BadInput, $"conform: {Path.Combine(_directory, "gone")}: no such directory\n"), (code, error));
        Assert.Equal(ExitCodes.Usage, Run().Code);
        Assert.Equal(ExitCodes.Usage, Run("--last").Code);
    }

    private static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using var output = new MemoryStream();
        using var error = new StringWriter { NewLine = "\n" };
        int code = RecordingCommand.Run(arguments, output, error);
        return (code, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    private void Place(string path, string recording)
    {
        string directory = Directory.CreateDirectory(Path.Combine(_directory, path)).FullName;
        foreach (string file in Directory.EnumerateFiles(Path.Combine(RecordedDirectories.Shipped, recording)))
            File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
    }
}
