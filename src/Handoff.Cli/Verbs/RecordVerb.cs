using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Handoff.Cli.Terminal;
using Handoff.Reports.Text;
using Handoff.Tracing.Capture;

namespace Handoff.Cli.Verbs;

/// <summary><c>handoff record</c>: a bundle of the machine at hand.</summary>
internal sealed class RecordVerb : Verb
{
    private const long SmallestBuffer = 64 << 10, LargestBuffer = 64L << 30;
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100); // between two looks at whether to end
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2); // for the command after Ctrl-C, which it got too

    private readonly Argument<string[]> _command = new("COMMAND") { HelpName = "-- COMMAND …", Description = "recorded while it runs, and its exit code passed on; without one, until Ctrl-C", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string> _output = new("--output", "-o") { HelpName = "OUT", Description = "the bundle, a new directory; the trace.dat alone if OUT has an ending (default: handoff-HOST-TIME)" };
    private readonly Option<string> _buffer = new("--buffer-size") { HelpName = "SIZE", Description = "ring buffer of each processor (default 8M); more, if events are lost" };
    private readonly Option<string> _time = new("--time") { HelpName = "TIME", Description = "end after this time at the latest: 10s, 500ms" };

    public RecordVerb()
        : base("record", "Record the DMA events of this machine, with facts about it, until Ctrl-C or while a command runs. Needs root and Linux 6.12 or later.")
    {
        Arguments.Add(_command);
        foreach (var option in (Option[])[_output, _buffer, _time])
            Options.Add(option);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("record -o nightly --time 2s", "two seconds of whatever happens"),
        new("record -o copy -- dd if=/dev/zero of=file bs=1M count=8 oflag=direct status=none", "while a command runs"),
    ];

    public override ExitCode Run(ParseResult arguments, Session session)
    {
        var system = new CaptureSystem(session.SystemRoot);
        long bytes = ReadSize(arguments.GetValue(_buffer));
        TimeSpan? limit = ReadTime(arguments.GetValue(_time));
        string[] command = arguments.GetValue(_command) ?? [];
        string output = arguments.GetValue(_output) ?? system.UsualName(DateTime.Now);
        OutputFile.Check(output, force: false);
        try
        {
            return Record(system, bytes, limit, command, output, session);
        }
        catch (CaptureException problem)
        {
            throw new UserErrorException(ExitCode.BadInput, $"{problem.Id}: {problem.Message}", problem.Hint);
        }
    }

    private static ExitCode Record(CaptureSystem system, long bytes, TimeSpan? limit, string[] command, string output, Session session)
    {
        string parent = Path.GetDirectoryName(Path.GetFullPath(output).TrimEnd('/')) ?? "/";
        using var capture = new LiveCapture(system, bytes, parent);
        var watch = Stopwatch.StartNew();
        int? exit;
        try
        {
            capture.Start();
            if (command.Length == 0 && limit is null && session.ErrorIsTerminal)
                session.ErrorInk.Write("recording; Ctrl-C ends\n", Tone.Muted);
            using (new ProgressLine(session, elapsed => $"recording · {Quantity.Of(capture.Events, "event")}{(capture.LostNotes > 0 ? " · some lost" : "")} · {Quantity.Of(elapsed)}{(command.Length == 0 ? " · Ctrl-C ends" : "")}"))
                exit = Wait(capture, limit, command, session.Cancelled);
            watch.Stop();
            capture.Stop();
        }
        catch (IOException problem)
        {
            throw new UserErrorException(ExitCode.CannotWrite, $"what was recorded cannot be kept: {problem.Message}", "tracing has been switched off again");
        }

        IReadOnlyList<string> missing = [];
        bool isFile = Path.GetExtension(output).Length > 0;
        if (isFile)
        {
            OutputFile.Write(output, capture.WriteTo);
        }
        else
        {
            OutputFile.WriteDirectory(output, directory =>
            {
                using (var file = new FileStream(Path.Combine(directory, "trace.dat"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16))
                    capture.WriteTo(file);
                File.WriteAllText(Path.Combine(directory, "trace_stats.txt"), capture.Statistics);
                missing = new CaptureFacts(system, capture.Clock).Write(directory);
            });
        }

        Tell(capture, output, watch.Elapsed, missing, exit, session);
        return (ExitCode)(exit ?? 0); // as of strace and perf: a script may put this before any command
    }

    private static void Tell(LiveCapture capture, string output, TimeSpan elapsed, IReadOnlyList<string> missing, int? exit, Session session)
    {
        string name = LitmusFile.Printable(output);
        session.OutInk.WriteLine($"{name}: {Quantity.Of(capture.Events, "event")} in {Quantity.Of(elapsed)}, {ByteSize.Of((ulong)BundleOutput.SizeOf(output))}");
        session.OutInk.Write($"next: handoff report {name}\n", Tone.Muted);
        session.Out.Flush();
        if (exit is { } code and not 0)
            Warn(session, $"the command ended with exit code {code}", null);
        if (capture.Lost > 0)
            Warn(session, $"{Quantity.Of(capture.Lost, "event")} lost: they came faster than they could be kept", "try a larger --buffer-size, such as 64M");
        if (capture.Events == 0)
            Warn(session, "no event: nothing was mapped meanwhile", "devices that do not use the DMA API (virtio without an IOMMU, for instance) map nothing");
        foreach (string fact in missing)
            Warn(session, fact, null);
        if (capture.Leftover is { } leftover)
            Warn(session, leftover, "rmdir it when nobody uses it");
    }

    private static void Warn(Session session, string message, string? hint)
    {
        session.ErrorInk.Write("handoff: ", Tone.Warning).WriteLine(message);
        if (hint is not null)
            session.ErrorInk.Write("  hint: ", Tone.Muted).WriteLine(hint);
    }

    /// <returns>The command's exit code; <see langword="null"/> without one, or if it still runs.</returns>
    private static int? Wait(LiveCapture capture, TimeSpan? limit, string[] command, CancellationToken cancelled)
    {
        using Process? process = command.Length == 0 ? null : StartCommand(command);
        long began = Stopwatch.GetTimestamp();
        while (!cancelled.IsCancellationRequested && !capture.HasFailed && (limit is null || Stopwatch.GetElapsedTime(began) < limit))
        {
            TimeSpan step = limit is { } most ? TimeSpan.FromTicks(Math.Clamp((most - Stopwatch.GetElapsedTime(began)).Ticks, 0, Look.Ticks)) : Look;
            if (process is null)
                cancelled.WaitHandle.WaitOne(step);
            else if (process.WaitForExit(step))
                break;
        }

        // Of a command that goes on, only its beginning is recorded; after Ctrl-C it has a moment to end.
        if (process is not null && cancelled.IsCancellationRequested)
            process.WaitForExit(Grace);
        return process is { HasExited: true } ? process.ExitCode : null;
    }

    private static Process StartCommand(string[] command)
    {
        try
        {
            var start = new ProcessStartInfo(command[0]) { UseShellExecute = false };
            foreach (string word in command.Skip(1))
                start.ArgumentList.Add(word);
            return Process.Start(start)!;
        }
        catch (Exception problem) when (problem is Win32Exception or IOException or InvalidOperationException)
        {
            throw new UserErrorException(ExitCode.Usage, $"the command '{LitmusFile.Printable(command[0])}' cannot be started: {problem.Message}", "nothing was recorded");
        }
    }

    private static long ReadSize(string? text)
    {
        if (text is null)
            return 8 << 20;
        string digits = text.TrimEnd('b', 'B', 'i', 'k', 'K', 'm', 'M', 'g', 'G');
        int shift = text[digits.Length..].ToUpperInvariant() switch
        {
            "K" or "KB" or "KIB" => 10,
            "M" or "MB" or "MIB" => 20,
            "G" or "GB" or "GIB" => 30,
            _ => -1,
        };
        if (shift < 0 || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long count) || count > LargestBuffer >> shift || count << shift < SmallestBuffer)
            throw new UserErrorException(ExitCode.Usage, $"--buffer-size: '{LitmusFile.Printable(text)}' is no size of a buffer", "write 512K, 8M, 1G: from 64K to 64G for each processor");
        return count << shift;
    }

    private static TimeSpan? ReadTime(string? text)
    {
        if (text is null)
            return null;
        if (text.StartsWith('+') || !TimeArgument.TryParse(text, out var time) || time.On(true, 0) is 0 or > 1_000_000_000_000_000)
            throw new UserErrorException(ExitCode.Usage, $"--time: '{LitmusFile.Printable(text)}' is no length of time", "write 10s, 500ms or 1.5s");
        return TimeSpan.FromTicks((long)(time.On(true, 0) / 100));
    }
}
