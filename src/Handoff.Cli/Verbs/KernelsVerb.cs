using System.CommandLine;
using Handoff.Cli.Terminal;
using Handoff.Kernels;
using Handoff.Reports.Kernels;

namespace Handoff.Cli.Verbs;

/// <summary><c>handoff kernels</c>: which kernels there are, how one decides, in what several differ.</summary>
internal sealed class KernelsVerb : Verb
{
    private readonly Argument<string[]> _kernels = new("KERNEL")
    {
        HelpName = "KERNEL …",
        Description = "one kernel: all its switches; several: in what they differ; none: the list",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<bool> _json = new("--json") { Description = "for programs" };

    public KernelsVerb()
        : base("kernels", "List the known kernels, show how one decides, or in what several differ.")
    {
        Arguments.Add(_kernels);
        Options.Add(_json);
    }

    public override IReadOnlyList<Example> Examples { get; } =
    [
        new("kernels linux-6.4 linux-6.12", "what changed between two kernels"),
        new("kernels linux-6.4+marinas", "every switch of one kernel"),
    ];

    public override ExitCode Run(ParseResult arguments, Session session)
    {
        var kernels = (arguments.GetValue(_kernels) ?? []).SelectMany(KernelNames.Parse).ToList();
        if (arguments.GetValue(_json))
            session.WriteUtf8(stream => KernelJsonWriter.Write(kernels.Count == 0 ? KernelProfiles.All : kernels, stream));
        else if (kernels.Count == 0)
            KernelTextWriter.WriteList(session.OutInk, session.Width);
        else if (kernels.Count == 1)
            KernelTextWriter.Write(kernels[0], session.OutInk, session.Width);
        else
            KernelTextWriter.WriteDifferences(kernels, session.OutInk, session.Width);
        return ExitCode.AsExpected;
    }
}
