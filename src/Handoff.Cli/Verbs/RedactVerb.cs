using System.CommandLine;
using Handoff.Cli.Terminal;
using Handoff.Reports.Text;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Redaction;
using Handoff.Tracing.Writing;

namespace Handoff.Cli.Verbs;

/// <summary><c>handoff redact</c>: a recording that may be shared.</summary>
internal sealed class RedactVerb : Verb
{
    private static readonly string[] Kinds = ["devices", "tasks", "markers"];

    private readonly Argument<string> _trace = new("TRACE") { HelpName = "TRACE", Description = RecordingSource.Description };
    private readonly Option<string> _output = new("--output", "-o") { HelpName = "OUT", Description = "the new trace.dat; of a bundle, a directory with the facts (OUT without an ending)", Required = true };
    private readonly Option<string> _key = new("--key") { HelpName = "WORDS", Description = "a secret: recordings redacted with the same one match. Otherwise every run differs" };
    private readonly Option<string> _keep = new("--keep") { HelpName = "A,B,…", Description = "leave some names alone: devices, tasks, markers" };
    private readonly Option<bool> _force = new("--force") { Description = "replace an existing file" };

    public RedactVerb()
        : base("redact", "Make a recording that may be shared: addresses, and names of devices, tasks, markers and hosts, replaced by others; report and replay find the same.")
    {
        Arguments.Add(_trace);
        foreach (var option in (Option[])[_output, _key, _keep, _force])
            Options.Add(option);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("redact tests/data/x86-force-512 -o shared", "a bundle for a bug report"),
        new("redact trace.dat -o shared.dat --key \"some secret words\" --keep devices", "matches others with this key"),
    ];

    public override ExitCode Run(ParseResult arguments, Session session)
    {
        string path = arguments.GetRequiredValue(_trace), output = arguments.GetRequiredValue(_output);
        var options = ReadKept(arguments.GetValue(_keep));
        var key = arguments.GetValue(_key) switch
        {
            null => RedactionKey.Random(),
            "" => throw new UserErrorException(ExitCode.Usage, "--key: an empty secret hides nothing"),
            var words => RedactionKey.From(words),
        };
        OutputFile.Check(output, arguments.GetValue(_force));
        var source = RecordingSource.Open(path, again: true, session);
        var facts = source.ReadFacts(session);
        var redactor = new Redactor(facts, options, key);
        ReadOnce(source, session, reader => redactor.Learn(reader, session.Cancelled));
        ReadOnce(source, session, reader => redactor.Survey(reader, session.Cancelled));
        using var input = source.OpenReading();
        RecordingCopy copy;
        using (ReadProgress.Watch(session, input.Reader))
            copy = redactor.Copy(input.Reader, session.Cancelled);
        using (copy)
        {
            ThrowIfCancelled(session);
            if (input.IsUnusable)
                return input.Finish(session);
            if (redactor.KeepsAddresses)
                throw new UserErrorException(ExitCode.BadInput, "the recording has too many buffers across borders of 2 MiB to hide addresses; nothing was written", "redact a part of it: handoff slice TRACE -o PART");
            BundleOutput.Write(source.Bundle, output, copy.WriteTo, redactor.WriteFacts);
            session.OutInk.WriteLine($"{LitmusFile.Printable(output)}: {copy.Events:N0} events, {ByteSize.Of((ulong)BundleOutput.SizeOf(output))}");
            string stays = BundleOutput.IsDirectory(null, output) ? "times, sizes, order, CPUs, where memory is, the kernel's version" : "times, sizes, order, CPUs, the kernel's version";
            session.OutInk.Write($"not hidden: {stays}{(options.Devices ? ", names of devices" : "")}{(options.Tasks ? ", tasks" : "")}{(options.Markers ? ", markers" : "")}\n", Tone.Muted);
            if (copy.Cut > 0)
                session.ErrorInk.Write("handoff: ", Tone.Warning).WriteLine($"{Quantity.Of(copy.Cut, "list")} too long for a binary recording: cut");
        }

        return input.Finish(session);
    }

    private static void ReadOnce(RecordingSource source, Session session, Action<RecordingReader> read)
    {
        using var reader = source.OpenReading();
        using (ReadProgress.Watch(session, reader.Reader))
            read(reader.Reader);
        ThrowIfCancelled(session);
    }

    private static void ThrowIfCancelled(Session session)
    {
        if (session.Cancelled.IsCancellationRequested)
            throw new UserErrorException(ExitCode.Inconclusive, "interrupted; nothing was written");
    }

    private static RedactionOptions ReadKept(string? text)
    {
        string[] kept = text?.Split(',', StringSplitOptions.TrimEntries) ?? [];
        foreach (string kind in kept.Where(static kind => !Kinds.Contains(kind)))
        {
            string? nearest = NearestWord.Find(kind, Kinds);
            throw new UserErrorException(ExitCode.Usage, $"--keep: '{LitmusFile.Printable(kind)}' is none of the names that can stay", nearest is null ? $"there are: {string.Join(", ", Kinds)}" : $"did you mean '{nearest}'?");
        }

        return new RedactionOptions(kept.Contains("devices"), kept.Contains("tasks"), kept.Contains("markers"));
    }
}
