using System.Text;

namespace Handoff.Kernels;

/// <content>The page that says which kernel does what.</content>
public static partial class KernelProfiles
{
    /// <summary>Kernels, add-ons and switches as a Markdown page (<c>docs/kernels.md</c>).</summary>
    public static string ToMarkdown()
    {
        var text = new StringBuilder();
        text.Append("# Kernels\n\nWhich kernel does what. This page is made from the tables in `src/Handoff.Core/Kernels`.\n\n");
        text.Append("A kernel is named `linux-6.12` (or `6.12`), an add-on follows with a plus sign (`linux-6.4+marinas`; alone, `+no-bounce`, it is on top of ");
        text.Append($"`{DefaultName}`), a single switch with a comma (`linux-6.12,dynamic_pools=yes`), and `linux-6.5..linux-6.12` is all releases between.\n");
        text.Append("Not every release is listed: one that is not decides like the listed one before it, unless a stable update changed it.\n");

        text.Append("\n## Releases\n\n| name | what is new | switches that differ from the one above |\n|---|---|---|\n");
        KernelSwitches? before = null;
        foreach (KernelProfile release in Releases)
        {
            string changes = before is null ? "" : string.Join("<br>", KernelSwitchTable.Compare(before, release.Switches));
            text.Append($"| `{release.Name}` | {release.Description} | {changes} |\n");
            before = release.Switches;
        }

        text.Append("\n## Variants and add-ons\n\n| name | what it is | switches it changes |\n|---|---|---|\n");
        foreach (KernelProfile variant in Variants)
            text.Append($"| `{variant.Name}` | {variant.Description} | {Changes(variant.Switches)} |\n");
        foreach (KernelAddOn addOn in AddOns)
            text.Append($"| `{addOn.Name}` | {addOn.Description} | {Changes(addOn.Apply(Default.Switches))} |\n");

        text.Append("\n## Switches\n\nEvidence: S the source of 6.12.117, M a mailing list or pull request, L a running kernel, R recalled, the release unconfirmed.\n");
        foreach (KernelSwitch each in KernelSwitchTable.All)
        {
            text.Append($"\n### `{each.Name}`\n\n{Sentence(each.Description)} Changed: {each.History}. Evidence: {Letters(each.Evidence)}.\n\n");
            foreach (KernelSwitchValue value in each.Values)
            {
                string mark = ReferenceEquals(value, each.ValueIn(Default.Switches)) ? " (6.12)" : "";
                text.Append(value.Description.Length == 0 ? $"* `{value.Name}`{mark}\n" : $"* `{value.Name}`{mark}: {value.Description}\n");
            }
        }

        return text.ToString();
    }

    private static string Changes(KernelSwitches switches)
    {
        string changes = string.Join("<br>", KernelSwitchTable.Compare(Default.Switches, switches));
        return changes.Length == 0 ? "none" : changes;
    }

    private static string Sentence(string text) => char.ToUpperInvariant(text[0]) + text[1..] + ".";

    private static string Letters(Evidence evidence)
    {
        string letters = ((evidence & Evidence.Source) != 0 ? "S" : "") + ((evidence & Evidence.Mail) != 0 ? "M" : "")
            + ((evidence & Evidence.Live) != 0 ? "L" : "") + ((evidence & Evidence.Recalled) != 0 ? "R" : "");
        return letters.Length == 0 ? "none, a what-if of this library" : string.Join(", ", letters.ToCharArray());
    }
}
