using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Handoff.Cli.Terminal;
using Handoff.Reports.Html;
using Handoff.Reports.Replay;
using Handoff.Tracing.Replay;
using Handoff.Tracing.Sizing;

namespace Handoff.Cli.Verbs;

/// <summary><c>handoff size</c>: the smallest pool for a recorded load.</summary>
internal sealed class SizeVerb : Verb
{
    private readonly Argument<string> _trace = new("TRACE") { HelpName = "TRACE", Description = RecordingSource.Description };
    private readonly Option<string> _headroom = new("--headroom") { HelpName = "SHARE", Description = "how much of the pool stays free at its fullest (default 25%)" };
    private readonly Option<string> _areas = new("--areas") { HelpName = "N", Description = "number of areas; cpus for one a processor (default: as recorded)" };
    private readonly Option<string> _kernel = new("--kernel", "-k") { HelpName = "A", Description = "the kernel (default: the recorded one)" };
    private readonly Option<string> _bounce = new("--bounce") { HelpName = "HOW", Description = "which mappings bounce: recorded, needed, force" };
    private readonly Option<string> _html = new("--html") { HelpName = "FILE", Description = "also write one page with the curve" };
    private readonly Option<bool> _json = new("--json") { Description = "for programs" };
    private readonly ReplayOptionSet _common = new();

    public SizeVerb()
        : base("size", "Find the smallest bounce pool that would have served a recorded load, or say why no size does.")
    {
        Arguments.Add(_trace);
        foreach (var option in (Option[])[_headroom, _areas, _kernel, _bounce])
            Options.Add(option);
        _common.AddTo(this);
        Options.Add(_html);
        Options.Add(_json);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("size trace.dat", "which swiotlb= would have been enough?"),
        new("size trace.dat --headroom 50% --bounce needed", "with half of it to spare, and without swiotlb=force"),
    ];

    public override ExitCode Run(ParseResult arguments, Session session)
    {
        if (arguments.GetValue(_html) is { } page)
            OutputFile.CheckFile(page);
        long began = Stopwatch.GetTimestamp();
        double headroom = arguments.GetValue(_headroom) is { } share ? ReadShare(share) : new SizeOptions().Headroom;
        var kernels = arguments.GetValue(_kernel) is { } names ? KernelNames.Parse(names) : [];
        var modes = arguments.GetValue(_bounce) is { } how ? ReplayOptionSet.ReadModes(how) : [BounceMode.AsRecorded];
        if (kernels.Count > 1 || modes.Count > 1)
            throw new UserErrorException(ExitCode.Usage, $"{(kernels.Count > 1 ? "--kernel" : "--bounce")}: one at a time", "handoff replay compares several");
        if (modes[0] == BounceMode.Never)
            throw new UserErrorException(ExitCode.Usage, "--bounce: without a pool there is nothing to size", "handoff replay --bounce never shows what fails then");
        var masks = _common.Masks(arguments);
        var input = LoadInput.Open(arguments.GetRequiredValue(_trace), _common.Recorded(arguments), session);
        var load = input.Load;
        var areas = arguments.GetValue(_areas) is { } text ? ReplayOptionSet.ReadAreas(text, load) : [];
        if (areas.Count > 1)
            throw new UserErrorException(ExitCode.Usage, "--areas: one number at a time", "handoff replay compares several");

        SizeResult result;
        using (var progress = new ReplayProgress(session))
        {
            var options = new SizeOptions { Headroom = headroom, Kernel = kernels.Count > 0 ? kernels[0] : null, Areas = areas.Count > 0 ? areas[0] : null, Bounce = modes[0], Masks = masks };
            result = SizeSearch.Run(load, options, progress.Replays, session.Cancelled);
        }

        var damage = input.Check(session);
        ReplayOptionSet.CheckDevices(masks, load);
        var elapsed = Stopwatch.GetElapsedTime(began);
        if (arguments.GetValue(_html) is { } html)
            OutputFile.Write(html, stream => ReplayHtmlWriter.Write(result, elapsed, stream));
        if (arguments.GetValue(_json))
            session.WriteUtf8(stream => SizeJsonWriter.Write(result, elapsed, stream));
        else
            SizeTextWriter.Write(result, elapsed, session.OutInk, session.Width);
        return damage != ExitCode.AsExpected ? damage : result.Interrupted ? ExitCode.Inconclusive : result.Succeeded ? ExitCode.AsExpected : ExitCode.Differs;
    }

    private static double ReadShare(string text)
    {
        string digits = text.TrimEnd('%');
        if (!double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double share))
            share = -1;
        else if (digits.Length < text.Length)
            share /= 100;
        return share is >= 0 and < 1
            ? share
            : throw new UserErrorException(ExitCode.Usage, $"--headroom: '{text}' is no share", "write it like 25% or 0.25; 0% for none");
    }
}
