using Handoff.Kernels;

namespace Handoff.Cli.Completion;

/// <summary>Completes one item of a list of kernels: a name, a range, add-ons, a switch.</summary>
internal static class KernelItems
{
    /// <summary>The items that may begin like this.</summary>
    /// <param name="begun">What is typed of the item.</param>
    /// <param name="isFirst">Whether no item precedes it; switches follow the kernel that they change.</param>
    public static IEnumerable<Candidate> For(string begun, bool isFirst)
    {
        int equals = begun.IndexOf('=', StringComparison.Ordinal);
        if (equals >= 0)
        {
            return KernelSwitchTable.Find(begun[..equals]) is { } known
                ? known.Values.Select(value => new Candidate($"{begun[..equals]}={value.Name}", value.Description))
                : [];
        }

        int plus = begun.LastIndexOf('+');
        if (plus > 0)
            return KernelProfiles.AddOns.Select(addOn => new Candidate(begun[..plus] + addOn.Name, addOn.Description));
        int dots = begun.IndexOf("..", StringComparison.Ordinal);
        if (dots >= 0)
            return KernelProfiles.Releases.Select(kernel => new Candidate(begun[..(dots + 2)] + kernel.Name, kernel.Description));

        IEnumerable<Candidate> items = KernelProfiles.Releases.Concat(KernelProfiles.Variants).Select(kernel => new Candidate(kernel.Name, kernel.Description))
            .Concat(KernelProfiles.AddOns.Select(addOn => new Candidate(addOn.Name, addOn.Description)));
        if (isFirst)
            return items.Append(new Candidate(KernelNames.All, "every release"));
        return begun.Length == 0 ? items : items.Concat(KernelSwitchTable.All.Select(known => new Candidate(known.Name + "=", known.Description)));
    }
}
