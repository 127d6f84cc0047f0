using System.Diagnostics;

namespace Handoff.Pages.Tests;

/// <summary>A folder for the pages of one test, made by the real program.</summary>
internal sealed class PageFolder : IDisposable
{
    private static readonly string s_program = System.IO.Path.Combine(AppContext.BaseDirectory, "handoff");
    private int _count;

    public string Path { get; } = Directory.CreateTempSubdirectory("handoff-pages-").FullName;

    /// <summary>Runs the program, whose last argument takes a file, and returns the page's address.</summary>
    public string Make(params string[] arguments)
    {
        string file = System.IO.Path.Combine(Path, $"page{_count++}.html");
        var start = new ProcessStartInfo(s_program, [.. arguments, file]) { WorkingDirectory = Repository.Root, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(60_000), "the program did not end");
        Assert.True(process.ExitCode is 0 or 1, error.Result);
        Assert.True(File.Exists(file), error.Result);
        return new Uri(file).AbsoluteUri;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
